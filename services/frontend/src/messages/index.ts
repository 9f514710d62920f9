import { createTranslator } from "use-intl/core";
import en from "./en";

/** The one language that there is so far, as dates and numbers are written in it, too. */
export const LOCALE = "en";

/** The table of every string that a person may read. */
export const messages = en;

/**
 * The text of a key, with its values filled in. A wrong key or value is an error of the type checker.
 * `t.rich` takes functions for a message's tags and returns nodes.
 */
export const t = createTranslator({ locale: LOCALE, messages });

/** Whether a part of the catalogue has this key, for codes of the server that may be newer than the catalogue. */
export const hasKey = <Table extends object>(table: Table, key: string): key is keyof Table & string =>
  Object.hasOwn(table, key);
