import { langchainAnthropic } from "./support/langchain-clients.ts";
import { matrix } from "./support/matrix/matrix.ts";

matrix(langchainAnthropic);
