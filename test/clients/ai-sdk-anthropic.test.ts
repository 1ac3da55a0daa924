import { aiSdkAnthropic } from "./support/ai-sdk-clients.ts";
import { matrix } from "./support/matrix/matrix.ts";

matrix(aiSdkAnthropic);
