import { notifications } from "@mantine/notifications";
import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError } from "./request.ts";

interface Action<Answer, Input> {
  run: (input: Input) => Promise<Answer>;
  /** What to tell the person; nothing when the screen itself shows it. */
  say?: (answer: Answer, input: Input) => string;
  done?: (answer: Answer, input: Input) => void;
  /** The screen shows the error itself. */
  quiet?: boolean;
}

/** Something a person does: says what came of it, and has every screen look again. */
export function useAction<Answer, Input = void>(
  action: Action<Answer, Input>,
): UseMutationResult<Answer, Error, Input> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: action.run,
    onSuccess: (answer, input) => {
      const message = action.say?.(answer, input);
      if (message) notifications.show({ message, color: "teal", withBorder: true });
      action.done?.(answer, input);
    },
    // After a failure too: half of it may have happened. A fit check signs in to the ERP: only a person starts one.
    onSettled: () => void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "fit" }),
    onError: (error) => {
      if (action.quiet) return;
      const cure = error instanceof ApiError ? error.cure : null;
      notifications.show({
        title: error.message,
        message: cure ?? "Nothing was changed.",
        color: "red",
        withBorder: true,
      });
    },
  });
}
