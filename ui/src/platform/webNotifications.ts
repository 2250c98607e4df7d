import type { Choice, Notifications, NotificationSupport } from "./types";

const supports: Record<NotificationPermission, NotificationSupport> = {
  default: "ask",
  denied: "refused",
  granted: "shown",
};

/** The browser's notifications. They have no buttons on a desktop, so only the notification itself is pressed. */
export function webNotifications(pressed: (choice: Choice) => void): Notifications {
  const shown = new Map<string, Notification>();
  const exists = typeof Notification === "function";
  const support = async () => (exists ? supports[Notification.permission] : "none");
  return {
    support,
    async ask() {
      if (exists) await Notification.requestPermission();
      return support();
    },
    async show({ id, title, body }) {
      if ((await support()) !== "shown") return;
      const note = new Notification(title, { body, tag: id });
      shown.set(id, note);
      note.onclose = () => shown.delete(id);
      note.onclick = () => {
        note.close();
        pressed({ kind: "note", id, button: null });
      };
    },
    async withdraw(id) {
      shown.get(id)?.close();
      shown.delete(id);
    },
  };
}
