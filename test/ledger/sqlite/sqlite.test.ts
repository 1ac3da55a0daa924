import { ledgerSuite } from "../../conformance/ledger-suite.ts";
import { sqliteUnderTest } from "./under-test.ts";

ledgerSuite("sqlite", sqliteUnderTest);
