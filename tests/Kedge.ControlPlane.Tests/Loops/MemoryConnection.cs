using System.Collections.Immutable;
using Kedge.ControlPlane.Link;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Core.Errors;
using Kedge.Wire.Desired;
using Kedge.Wire.Signing;

namespace Kedge.ControlPlane.Tests.Loops;

/// <summary>A device's connection without a network: what was sent lies here until the test answers it.</summary>
internal sealed class MemoryConnection : IDeviceConnection
{
    private readonly Queue<Action<bool>> _unanswered = new();

    public List<byte[]> Sent { get; } = [];

    public Finding? ClosedBecause { get; private set; }

    public bool IsFull { get; set; }

    public bool TrySend(string leaf, ReadOnlyMemory<byte> payload, Action<bool> answered)
    {
        if (IsFull || ClosedBecause is not null)
        {
            return false;
        }

        Sent.Add(payload.ToArray());
        _unanswered.Enqueue(answered);
        return true;
    }

    public void Close(Finding why)
    {
        ClosedBecause = why;
        while (_unanswered.TryDequeue(out Action<bool>? answered))
        {
            answered(false);
        }
    }

    public void Answer(bool taken) => _unanswered.Dequeue()(taken);

    public ImmutableArray<Generation> Generations() => [.. Sent.Select(bytes => State(bytes).Generation)];

    private static DesiredState State(byte[] bytes) =>
        DesiredMessage.TryRead(SignedMessage.TryParse(bytes, out _)!.Body, out _)!;
}
