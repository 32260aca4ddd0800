using Kedge.Core;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Sessions;

/// <summary>
/// Packet identifiers of what this side has sent and the peer has not answered, and the QoS 1 messages that wait
/// because the
/// peer's receive maximum is reached (MQTT 5.0 §4.9).
/// </summary>
internal sealed class OutgoingFlow(int queueDepthMax)
{
    private readonly Dictionary<ushort, Pending> _pending = [];
    private readonly Queue<Waiting> _waiting = new();
    private int _messages;
    private ushort _lastId;

    /// <summary>QoS 1 messages that may be unanswered at a time, 1..65,535.</summary>
    public int ReceiveMaximum { get; set; } = ushort.MaxValue;

    /// <summary>True when one more message can neither be sent nor wait.</summary>
    public bool IsFull => _messages >= ReceiveMaximum && _waiting.Count >= queueDepthMax;

    /// <summary>True when a QoS 1 message may be sent now and none waits before it.</summary>
    public bool HasRoom => _messages < ReceiveMaximum && _waiting.Count == 0;

    /// <summary>Takes an unused identifier; false when none is left.</summary>
    /// <param name="kind">What it stands for.</param>
    /// <param name="token">Of the owner.</param>
    /// <param name="answerCount">Reason codes that the answer must have; 0 where it has just one.</param>
    /// <param name="packetId">1..65,535.</param>
    public bool TryAdd(PendingKind kind, long token, int answerCount, out ushort packetId)
    {
        packetId = 0;
        if (_pending.Count == ushort.MaxValue)
        {
            return false;
        }

        do
        {
            _lastId = _lastId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastId + 1);
        }
        while (_pending.ContainsKey(_lastId));
        packetId = _lastId;
        _pending.Add(packetId, new Pending(kind, token, answerCount));
        _messages += kind == PendingKind.Publish ? 1 : 0;
        return true;
    }

    /// <summary>Ends one; false when there is none of this kind by this identifier.</summary>
    public bool TryEnd(PendingKind kind, ushort packetId, out long token, out int answerCount)
    {
        token = 0;
        answerCount = 0;
        if (!_pending.TryGetValue(packetId, out Pending pending) || pending.Kind != kind)
        {
            return false;
        }

        token = pending.Token;
        answerCount = pending.AnswerCount;
        _pending.Remove(packetId);
        _messages -= kind == PendingKind.Publish ? 1 : 0;
        return true;
    }

    public void Wait(long token, MqttPacket.Publish message)
    {
        Check.That(!IsFull);
        _waiting.Enqueue(new Waiting(token, message));
    }

    /// <summary>The next message that may be sent now, if any.</summary>
    public bool TryNext(out Waiting next)
    {
        next = default;
        return _messages < ReceiveMaximum && _waiting.TryDequeue(out next);
    }

    internal readonly record struct Waiting(long Token, MqttPacket.Publish Message);

    private readonly record struct Pending(PendingKind Kind, long Token, int AnswerCount);
}
