import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { RuleRead } from "@/api/schema";
import { RuleRow } from "./rule-row";

afterEach(cleanup);

const RULE: RuleRead = {
  id: "caption_long",
  title: "Caption too long",
  meaning: "The caption has more tokens than this; the model reads no further.",
  unit: "tokens",
  needs: "captions",
  enabled: true,
  threshold: 512,
  default: 512,
  least: 1,
  most: 100_000,
  flagged: 0,
  flagged_used: 0,
};

test("a rule that cannot judge does not look like one that found nothing", () => {
  const none = vi.fn();
  const row = (blind: boolean, enabled = true) => (
    <RuleRow
      rule={{ ...RULE, enabled }}
      unit={null}
      blind={blind}
      chosen={false}
      busy={false}
      onChoose={none}
      onChange={none}
      onQuarantine={none}
    />
  );
  const { rerender } = render(row(false));
  const flagged = () => screen.getByTestId("flagged").textContent;
  expect(flagged()).toBe("0");
  rerender(row(true));
  expect(flagged()).toBe("not judged");
  rerender(row(true, false));
  expect(flagged()).toBe("off");
});
