/** A section for a server on TCP; its user is `ops`, with the password `secret`. */
export function tcpServer(port: number): string {
  return `[inet_http_server]\nport=127.0.0.1:${port}\nusername=ops\npassword=secret\n`;
}
