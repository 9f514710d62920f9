import { configure } from "@testing-library/react";

/** As the tests' own limit: a wait only ends what hangs. */
configure({ asyncUtilTimeout: 30_000 });
