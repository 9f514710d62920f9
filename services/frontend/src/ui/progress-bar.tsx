/** `done` of `total`; without a total a bar that only says that something moves. */
export function ProgressBar({
  done,
  total,
  label,
  colour = "bg-accent",
  active = false,
}: {
  done: number;
  total: number | null;
  label: string;
  colour?: string;
  active?: boolean;
}) {
  const known = total !== null && total > 0;
  const percent = known ? Math.min(100, (done / total) * 100) : 0;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={known ? total : undefined}
      aria-valuenow={known ? done : undefined}
      className="h-1.5 w-full overflow-hidden rounded-full bg-sunken"
    >
      {known ? (
        <div
          className={`h-full rounded-full transition-[width] duration-300 ${colour}`}
          style={{ width: `${percent}%` }}
        />
      ) : (
        active && <div className={`h-full w-1/4 animate-pulse rounded-full ${colour}`} />
      )}
    </div>
  );
}
