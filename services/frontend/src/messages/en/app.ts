export default {
  themes: {
    system: "system",
    light: "light",
    dark: "dark",
  },
  title: "{page} · Loradeck",
  name: "Loradeck",
  skipToContent: "Skip to the content",
  mainNavigation: "Main",
  notFound: "There is nothing at this address.",
  theme: "Theme: {theme}",
} as const;
