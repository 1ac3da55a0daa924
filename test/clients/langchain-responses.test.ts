import { matrix } from "./support/matrix/matrix.ts";
import { langchainResponses } from "./support/langchain-clients.ts";

matrix(langchainResponses);
