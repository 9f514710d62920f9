import type { ReactNode } from "react";

interface IconProps {
  className?: string;
}

function Icon({ className = "size-4", children }: IconProps & { children: ReactNode }) {
  return (
    <svg
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className={`shrink-0 ${className}`}
    >
      {children}
    </svg>
  );
}

export const Plus = (props: IconProps) => (
  <Icon {...props}>
    <path d="M8 3v10M3 8h10" />
  </Icon>
);
export const Play = (props: IconProps) => (
  <Icon {...props}>
    <path d="M4.5 3.2v9.6L12.5 8Z" />
  </Icon>
);
export const Square = (props: IconProps) => (
  <Icon {...props}>
    <rect x="3.75" y="3.75" width="8.5" height="8.5" rx="1" />
  </Icon>
);
export const Pause = (props: IconProps) => (
  <Icon {...props}>
    <path d="M5.5 3.5v9M10.5 3.5v9" />
  </Icon>
);
export const Resume = (props: IconProps) => (
  <Icon {...props}>
    <path d="M3.5 3.5v9M7 3.5v9L13 8Z" />
  </Icon>
);
export const Trash = (props: IconProps) => (
  <Icon {...props}>
    <path d="M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9M6.7 7v4M9.3 7v4" />
  </Icon>
);
export const Table = (props: IconProps) => (
  <Icon {...props}>
    <path d="M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 6.5v6" />
  </Icon>
);
export const Check = (props: IconProps) => (
  <Icon {...props}>
    <path d="m3 8.5 3.2 3.2L13 4.8" />
  </Icon>
);
export const Cross = (props: IconProps) => (
  <Icon {...props}>
    <path d="m4 4 8 8M12 4l-8 8" />
  </Icon>
);
export const Clock = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="8" cy="8" r="5.5" />
    <path d="M8 5v3.2l2 1.3" />
  </Icon>
);
export const Alert = (props: IconProps) => (
  <Icon {...props}>
    <path d="M8 2.3 14.2 13H1.8ZM8 6.5v3M8 11.3v.1" />
  </Icon>
);
export const Question = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="8" cy="8" r="5.5" />
    <path d="M6.5 6.4c.2-1.9 3-1.7 3 .1 0 1.2-1.5 1.2-1.5 2.3M8 10.9v.1" />
  </Icon>
);
export const Download = (props: IconProps) => (
  <Icon {...props}>
    <path d="M8 2.5v7.5M4.8 7 8 10.2 11.2 7M2.5 13.5h11" />
  </Icon>
);
export const Copy = (props: IconProps) => (
  <Icon {...props}>
    <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
    <path d="M10.5 5.5V4A1.5 1.5 0 0 0 9 2.5H4A1.5 1.5 0 0 0 2.5 4v5A1.5 1.5 0 0 0 4 10.5h1.5" />
  </Icon>
);
export const Sun = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="8" cy="8" r="2.7" />
    <path d="M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9" />
  </Icon>
);
export const Moon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M13.3 9.7A5.7 5.7 0 0 1 6.3 2.7a5.7 5.7 0 1 0 7 7Z" />
  </Icon>
);
export const Monitor = (props: IconProps) => (
  <Icon {...props}>
    <path d="M2.5 3.5h11v7h-11ZM6 13.5h4M8 10.5v3" />
  </Icon>
);
export const Dots = (props: IconProps) => (
  <Icon {...props}>
    <path d="M3.5 8h.1M8 8h.1M12.5 8h.1" strokeWidth="2.2" />
  </Icon>
);
export const Halt = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="8" cy="8" r="5.5" />
    <path d="M6 6h4v4H6z" fill="currentColor" stroke="none" />
  </Icon>
);
export const Expand = (props: IconProps) => (
  <Icon {...props}>
    <path d="M9.5 2.5h4v4M6.5 13.5h-4v-4M13.5 2.5 9 7M2.5 13.5 7 9" />
  </Icon>
);
export const ArrowDown = (props: IconProps) => (
  <Icon {...props}>
    <path d="M8 3v10M4 9l4 4 4-4" />
  </Icon>
);
export const Chevron = (props: IconProps) => (
  <Icon {...props}>
    <path d="m6 3.5 4.5 4.5L6 12.5" />
  </Icon>
);
export const Leave = (props: IconProps) => (
  <Icon {...props}>
    <path d="M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6" />
  </Icon>
);
export const Film = (props: IconProps) => (
  <Icon {...props}>
    <path d="M2.5 3.5h11v9h-11ZM5 3.5v9M11 3.5v9M2.5 6.5H5M2.5 9.5H5M11 6.5h2.5M11 9.5h2.5" />
  </Icon>
);

export const Picture = (props: IconProps) => (
  <Icon {...props}>
    <path d="M2.5 3.5h11v9h-11ZM2.5 11l3-3 2.5 2.5L11 7.5l2.5 2.5" />
    <circle cx="6" cy="6" r=".8" />
  </Icon>
);
export const Undo = (props: IconProps) => (
  <Icon {...props}>
    <path d="M5.5 3 2.5 6l3 3M2.5 6h6.25a3.75 3.75 0 0 1 0 7.5H5.5" />
  </Icon>
);
export const Redo = (props: IconProps) => (
  <Icon {...props}>
    <path d="m10.5 3 3 3-3 3M13.5 6H7.25a3.75 3.75 0 0 0 0 7.5h3.25" />
  </Icon>
);

export function Spinner({ className = "size-4" }: { className?: string }) {
  return (
    <svg viewBox="0 0 16 16" fill="none" aria-hidden="true" className={`shrink-0 animate-spin ${className}`}>
      <circle cx="8" cy="8" r="5.5" stroke="currentColor" strokeOpacity=".25" strokeWidth="1.75" />
      <path d="M8 2.5A5.5 5.5 0 0 1 13.5 8" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" />
    </svg>
  );
}

/** The horizon of an attitude indicator that is a falling loss curve. */
export function Logo({ className = "size-6" }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" className={`shrink-0 ${className}`}>
      <path d="M2.7 10.2C6 8.4 8.3 15.7 12 15.7c4 0 5.2-2.7 9.6-1.9A9.7 9.7 0 0 1 2.7 10.2Z" fill="var(--accent)" />
      <circle cx="12" cy="12" r="9.7" fill="none" stroke="currentColor" strokeWidth="1.8" />
      <path d="M0 12h2.3M21.7 12H24" stroke="currentColor" strokeWidth="1.8" />
    </svg>
  );
}
