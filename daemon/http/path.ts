/**
 * The path of a request's URI, percent-decoded, without query and leading slashes. What is no valid
 * encoding stays as it is.
 */
export function pathOf(url: string): string {
  const path = url.replace(/[?#].*$/s, '').replace(/^\/+/, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
