using Kedge.ControlPlane.Auth;
using Kedge.Core;
using Kedge.Wire;
using Kedge.Wire.Asking;

namespace Kedge.ControlPlane.Link;

/// <summary>
/// Questions to a device over its own link, as the last lines of a workload's log. The device dials out only; a
/// question
/// goes down on <c>ask</c>, the answer comes up on <c>answer</c>, one message each, matched by a number. Bounded in
/// number and time; nothing is kept for a device that is away.
/// </summary>
public sealed class Hands(DeviceSessions sessions, TimeProvider time)
{
    /// <summary>Questions, down.</summary>
    public const string AskLeaf = Topics.Ask;

    /// <summary>Answers, up.</summary>
    public const string AnswerLeaf = Topics.Answer;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Pending> _pending = [];
    private long _last;

    /// <summary>Asks for the last lines that a workload wrote.</summary>
    /// <returns>The outcome: text, or why there is none.</returns>
    public async Task<HandsOutcome> LogsAsync(
        DeviceIdentity device, DeploymentId workload, int lines, CancellationToken ct)
    {
        if (sessions.Find(device) is not DeviceSession session)
        {
            return new HandsOutcome.Offline();
        }

        TaskCompletionSource<HandsOutcome> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long id;
        lock (_lock)
        {
            if (_pending.Count >= ServerLimits.HandsPendingMax)
            {
                return new HandsOutcome.NoAnswer();
            }

            id = ++_last;
            _pending[id] = new Pending(session, answer);
        }

        try
        {
            byte[] question = AskFormat.Write(new AskMessage
            {
                Id = id,
                Ask = AskMessage.Logs,
                Workload = workload.ToString(),
                Lines = lines,
            });
            if (!session.Connection.TrySend(AskLeaf, question, taken => Refused(taken, answer)))
            {
                return new HandsOutcome.Offline();
            }

            return await answer.Task.WaitAsync(ServerLimits.HandsTimeout, time, ct).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return new HandsOutcome.NoAnswer();
        }
        finally
        {
            lock (_lock)
            {
                _pending.Remove(id);
            }
        }
    }

    /// <summary>An answer of a device; false when it cannot be read. One that nobody waits for is dropped.</summary>
    public bool TryAnswer(DeviceSession session, ReadOnlyMemory<byte> payload)
    {
        if (AnswerFormat.TryRead(payload) is not { } answer)
        {
            return false;
        }

        lock (_lock)
        {
            if (_pending.TryGetValue(answer.Id, out Pending? pending) && pending.Session == session)
            {
                pending.Answer.TrySetResult(new HandsOutcome.Answered(answer.Text, answer.Error));
            }
        }

        return true;
    }

    private static void Refused(bool taken, TaskCompletionSource<HandsOutcome> answer)
    {
        if (!taken)
        {
            answer.TrySetResult(new HandsOutcome.NoAnswer());
        }
    }

    private sealed record Pending(DeviceSession Session, TaskCompletionSource<HandsOutcome> Answer);
}

/// <summary>What came of a question to a device.</summary>
[Closed]
public abstract record HandsOutcome
{
    private HandsOutcome()
    {
    }

    /// <summary>The device answered.</summary>
    /// <param name="Text">The text.</param>
    /// <param name="Error">Why it could not do it; empty when it could.</param>
    public sealed record Answered(string Text, string Error) : HandsOutcome;

    /// <summary>It is not connected here.</summary>
    public sealed record Offline : HandsOutcome;

    /// <summary>It did not answer in time, or too many questions wait.</summary>
    public sealed record NoAnswer : HandsOutcome;
}
