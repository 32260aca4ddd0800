using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Errors;
using Kedge.Wire;
using Kedge.Wire.Asking;

namespace Kedge.Agent.Loop;

/// <summary>
/// Answers questions that people ask over the device's own link. A question is acknowledged when it arrives and kept
/// nowhere: whoever asks waits seconds, so an answer that cannot be sent now is worth nothing later. It changes
/// nothing on the device, needs no spool, and works on at most <see cref="AgentLimits.AsksMax"/> at a time. Lives on
/// the loop.
/// </summary>
/// <param name="parts">What the loop shares.</param>
/// <param name="supervisor">Has the logs.</param>
/// <param name="send">Sends an answer over the link that is up, then calls back, whatever came of it.</param>
internal sealed class HandsDesk(LoopParts parts, IProcessSupervisor supervisor, Action<byte[], Action> send)
{
    private int _open;

    internal void Take(LinkDelivery delivery, CancellationToken cancel)
    {
        parts.Mailbox.Run(_ => delivery.AcknowledgeAsync(), null, cancel);
        if (AskFormat.TryRead(delivery.Payload.Span, out Finding? finding) is not { } ask)
        {
            Drop(finding?.Code ?? "", finding?.Message ?? "");
            return;
        }

        if (_open >= AgentLimits.AsksMax)
        {
            Drop("", $"{_open} questions wait for their answers");
            return;
        }

        _open++;
        if (Judge(ask, out DeploymentId workload) is { } wrong)
        {
            Answer(new AnswerMessage(ask.Id, "", Words(wrong.Code, wrong.Message)));
            return;
        }

        parts.Mailbox.Run(
            c => supervisor.ReadLogAsync(workload, ask.Lines, c),
            outcome => Answer(AnswerTo(ask, outcome)),
            cancel);
    }

    private static Finding? Judge(AskMessage ask, out DeploymentId workload)
    {
        workload = default;
        if (ask.Ask != AskMessage.Logs)
        {
            string shown = ask.Ask.Length <= 40 ? ask.Ask : ask.Ask[..40];
            return WireErrors.UnknownQuestion.At($"'{shown}' is not known, '{AskMessage.Logs}' is");
        }

        if (!DeploymentId.TryParse(ask.Workload, out workload))
        {
            return WireErrors.BadQuestion.At("workload is not the name of a deployment");
        }

        return ask.Lines is >= 1 and <= AgentLimits.LogLinesMax
            ? null
            : WireErrors.BadQuestion.At($"lines is {ask.Lines}, not 1..{AgentLimits.LogLinesMax}");
    }

    private static AnswerMessage AnswerTo(AskMessage ask, LogOutcome outcome) => outcome switch
    {
        LogOutcome.Read read => new AnswerMessage(ask.Id, read.Text, ""),
        LogOutcome.Missing => new AnswerMessage(
            ask.Id, "", Words(AgentErrors.NoLog.Code, $"'{ask.Workload}' has not run here since the device started")),
        LogOutcome.Failed failed => new AnswerMessage(ask.Id, "", Words(failed.Problem.Code, failed.Problem.Message)),
        _ => throw Check.Unreachable(outcome),
    };

    private void Answer(AnswerMessage answer) => send(AnswerFormat.Write(answer), () => _open--);

    private void Drop(string code, string message) =>
        parts.Options.Log?.Warn("question-dropped", ("code", code), ("message", message));

    private static string Words(string code, string message) => $"{code}: {message}";
}
