/** Words inside times and quantities. */
export const strings = {
  now: "now",
  ago: (span: string) => `${span} ago`,
  ahead: (span: string) => `in ${span}`,
  yesterday: "yesterday",
  dayAndTime: (day: string, time: string) => `${day}, ${time}`,
  dayToday: "Today",
  dayYesterday: "Yesterday",
  byteUnits: ["B", "KB", "MB", "GB", "TB"],
  milliseconds: (ms: number) => `${ms} ms`,
  seconds: (s: string) => `${s} s`,
  minutes: (m: number) => `${m} m`,
  minutesAndSeconds: (m: number, s: string) => `${m} m ${s} s`,
  hours: (h: number) => `${h} h`,
  hoursAndMinutes: (h: number, m: string) => `${h} h ${m} m`,
  daysAndHours: (d: number, h: number) => `${d} d ${h} h`,
} as const;
