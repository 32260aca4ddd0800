using System.Text.Json;
using Kedge.Agent.State;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Fleet;
using Kedge.Wire;
using Kedge.Wire.Reported;

namespace Kedge.Agent.Loop;

/// <summary>
/// Puts what the server has to know into the spool: the status when it differs from the one told last, facts when they
/// differ in what does not move by itself, events as they come. What does not fit the disk now is tried again.
/// </summary>
internal sealed class Reporter(Spool spool, LoopClock clock, AgentOptions options)
{
    private byte[] _toldStatus = [];
    private StatusMessage? _toldMessage;
    private byte[] _toldFacts = [];

    /// <summary>
    /// A new connection: the server may have been restored from a backup and not know what it was told before. The
    /// status
    /// goes again at once, facts with their next reading.
    /// </summary>
    internal void TellAgain()
    {
        _toldStatus = [];
        _toldMessage = null;
        _toldFacts = [];
    }

    internal void Event(EventMessage message)
    {
        _ = spool.TryAppend(Envelope() with { Event = message });
        (string Name, object? Value)[] fields =
        [
            ("workload", message.Workload), ("code", message.Code), ("message", message.Message),
        ];
        if (message.Warning)
        {
            options.Log?.Warn(message.Reason, fields);
        }
        else
        {
            options.Log?.Say(message.Reason, fields);
        }
    }

    internal void Warn(string reason, Finding finding) => Event(new EventMessage
    {
        Reason = reason,
        Warning = true,
        Code = finding.Code,
        Message = StatusReport.Cut(finding.Message),
    });

    internal void Status(StatusMessage status)
    {
        if (ReferenceEquals(status, _toldMessage))
        {
            return;
        }

        UpMessage message = Envelope() with { Status = status };
        byte[] bytes = UpMessageFormat.Write(message with { SentAtMs = 0 });
        if (!bytes.AsSpan().SequenceEqual(_toldStatus) && bytes.Length <= Limits.UpMessageBytesMax
            && spool.TryAppend(message))
        {
            _toldStatus = bytes;
        }

        _toldMessage = bytes.AsSpan().SequenceEqual(_toldStatus) ? status : null;
    }

    internal void Facts(DeviceFacts facts)
    {
        byte[] steady = JsonSerializer.SerializeToUtf8Bytes(Steady(facts), WireJson.Default.DeviceFacts);
        UpMessage message = Envelope() with { Facts = facts };
        bool fits = steady.Length < Limits.UpMessageBytesMax - Limits.KiB;
        if (fits && !steady.AsSpan().SequenceEqual(_toldFacts) && spool.TryAppend(message))
        {
            _toldFacts = steady;
        }
    }

    /// <summary>Without what moves by itself: temperatures go, memory and disk are told in tenths.</summary>
    private static DeviceFacts Steady(DeviceFacts facts) => facts with
    {
        ThermalZones = [],
        MemoryAvailableBytes = facts.MemoryBytes == 0 ? 0 : facts.MemoryAvailableBytes * 4 / facts.MemoryBytes,
        DataFreeBytes = facts.DataFreeBytes / (4L * 1024 * Limits.MiB),
        Battery = facts.Battery is null ? null : facts.Battery with { Percent = facts.Battery.Percent / 10 },
        Cpus = [.. facts.Cpus.Select(static c => c with { MaxKHz = 0 })],
    };

    private UpMessage Envelope() => new() { Incarnation = "-", Sequence = 1, SentAtMs = clock.WallMs };
}
