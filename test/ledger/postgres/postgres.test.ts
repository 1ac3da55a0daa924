import { ledgerSuite } from "../../conformance/ledger-suite.ts";
import { postgresUnderTest } from "./under-test.ts";

ledgerSuite("postgres", () => postgresUnderTest());
