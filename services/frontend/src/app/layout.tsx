import { GeistMono } from "geist/font/mono";
import { GeistSans } from "geist/font/sans";
import type { Metadata, Viewport } from "next";
import Link from "next/link";
import type { ReactNode } from "react";
import { LOCALE, t } from "@/messages";
import { SignOutButton } from "@/session/sign-out-button";
import { ReachBanner } from "@/system/reach";
import { StatusStrip } from "@/system/status-strip";
import { buttonClass } from "@/ui/button";
import { Logo, Plus } from "@/ui/icons";
import { MainLinks } from "@/ui/main-links";
import { THEME_SCRIPT, ThemeButton } from "@/ui/theme";
import { Providers } from "./providers";
import "./globals.css";

export const metadata: Metadata = { title: t("app.name") };

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#fafbfc" },
    { media: "(prefers-color-scheme: dark)", color: "#0c0f14" },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang={LOCALE} className={`${GeistSans.variable} ${GeistMono.variable}`} suppressHydrationWarning>
      <head>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant */}
        <script dangerouslySetInnerHTML={{ __html: THEME_SCRIPT }} />
      </head>
      <body className="flex min-h-dvh flex-col">
        <Providers>
          <a
            href="#content"
            className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-md focus:bg-raised focus:p-2"
          >
            {t("app.skipToContent")}
          </a>
          <header className="border-line border-b bg-raised">
            <div className="mx-auto flex h-13 max-w-[100rem] items-center gap-3 px-4 sm:px-6">
              <Link
                href="/"
                className="flex items-center gap-2 rounded-md font-semibold text-[0.9375rem] tracking-tight"
              >
                <Logo />
                {t("app.name")}
              </Link>
              <nav className="flex flex-1 items-center gap-1.5" aria-label={t("app.mainNavigation")}>
                <MainLinks />
                <span className="ml-auto" />
                <SignOutButton />
                <ThemeButton />
                <Link href="/new/" className={buttonClass("primary")} aria-label={t("newRun.title")}>
                  <Plus />
                  <span className="max-sm:hidden">{t("newRun.title")}</span>
                </Link>
              </nav>
            </div>
          </header>
          <main id="content" className="mx-auto w-full max-w-[100rem] flex-1 space-y-4 px-4 py-5 sm:px-6">
            <ReachBanner />
            {children}
          </main>
          <StatusStrip />
        </Providers>
      </body>
    </html>
  );
}
