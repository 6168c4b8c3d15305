// The parts of the extension API that the package uses; all are absent in a web page.

interface ChromeEvent<Listener> {
  addListener(listener: Listener): void;
}

interface MessageSender {
  origin?: string;
}

type MessageListener = (
  message: unknown,
  sender: MessageSender,
  respond: (answer: unknown) => void,
) => boolean;

interface ChromeApi {
  alarms?: {
    create(name: string, when: { when: number }): Promise<void>;
    onAlarm: ChromeEvent<(alarm: { name: string }) => void>;
  };
  identity: {
    getRedirectURL(): string;
    launchWebAuthFlow(details: { url: string; interactive: boolean }): Promise<string | undefined>;
  };
  runtime: {
    getURL(path: string): string;
    sendMessage(message: unknown): Promise<BridgeAnswer | undefined>;
    sendMessage(extensionId: string, message: unknown): Promise<BridgeAnswer | undefined>;
    onMessage: ChromeEvent<MessageListener>;
    onMessageExternal?: ChromeEvent<MessageListener>;
    onStartup?: ChromeEvent<() => void>;
    onInstalled?: ChromeEvent<() => void>;
  };
}

interface BridgeAnswer {
  result?: unknown;
  error?: unknown;
}

declare var chrome: ChromeApi;
