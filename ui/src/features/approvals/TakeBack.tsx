import { Undo } from "lucide-react";
import { Button } from "../../components/Button";
import { strings } from "./strings";

/** Ends what was approved or asked for. Like a decision, it is sent only after a moment to undo it. */
export function TakeBack({ onTakeBack }: { onTakeBack(): void }) {
  return (
    <Button variant="danger" icon={<Undo />} onClick={onTakeBack}>
      {strings.takeBack}
    </Button>
  );
}
