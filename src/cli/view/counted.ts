/** How many of what: `1 Job`, `2 Jobs`. */
export function counted(number: number, one: string, more: string): string {
  return `${number} ${number === 1 ? one : more}`;
}
