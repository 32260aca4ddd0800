using System.Buffers;
using System.Text.Json;
using Kedge.ControlPlane.Auth;
using Kedge.Core;

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
    public const string AskLeaf = "ask";

    /// <summary>Answers, up.</summary>
    public const string AnswerLeaf = "answer";

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
            byte[] question = Question(id, workload, lines);
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
        if (payload.Length > ServerLimits.HandsBytesMax)
        {
            return false;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = 4 });
            long id = document.RootElement.GetProperty("id").GetInt64();
            string text = document.RootElement.GetProperty("text").GetString() ?? "";
            string error = document.RootElement.TryGetProperty("error", out JsonElement e) ? e.GetString() ?? "" : "";
            lock (_lock)
            {
                if (_pending.TryGetValue(id, out Pending? pending) && pending.Session == session)
                {
                    pending.Answer.TrySetResult(new HandsOutcome.Answered(text, error));
                }
            }

            return true;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            return false;
        }
    }

    private static void Refused(bool taken, TaskCompletionSource<HandsOutcome> answer)
    {
        if (!taken)
        {
            answer.TrySetResult(new HandsOutcome.NoAnswer());
        }
    }

    private static byte[] Question(long id, DeploymentId workload, int lines)
    {
        ArrayBufferWriter<byte> buffer = new(128);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("v", 1);
            json.WriteNumber("id", id);
            json.WriteString("ask", "logs");
            json.WriteString("workload", workload.ToString());
            json.WriteNumber("lines", lines);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
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
