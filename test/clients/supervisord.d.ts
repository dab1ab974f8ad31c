declare module 'supervisord' {
  /** Every method takes a callback after its arguments. */
  type Method = (...args: [...args: unknown[], callback: (error: unknown, result: unknown) => void]) => void;

  /** @param host `unix:` and a path, or `host:port`, which may have a user and a password in front */
  export function connect(host: string): Readonly<Record<string, Method>>;
}
