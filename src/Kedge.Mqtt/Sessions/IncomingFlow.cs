using Kedge.Core;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Sessions;

/// <summary>
/// QoS 1 messages of the peer that the owner has not committed yet. Answers leave in the order in which the messages
/// came
/// (MQTT-4.6.0-2), in whatever order the owner commits.
/// </summary>
internal sealed class IncomingFlow
{
    private readonly Queue<Entry> _entries = new();

    public int Count => _entries.Count;

    public bool Holds(ushort packetId) => Find(packetId) is not null;

    public void Add(ushort packetId) => _entries.Enqueue(new Entry(packetId));

    /// <summary>Marks one as committed and gives every answer that may leave now.</summary>
    public void Commit(ushort packetId, MqttReasonCode reason, string? why, List<MqttPacket.PubAck> answers)
    {
        Entry? entry = Find(packetId);
        Check.That(entry is not null);
        Check.That(entry.Answer is null);
        entry.Answer = new MqttPacket.PubAck(packetId, reason)
        {
            Properties = why is null ? MqttProperties.None : new MqttProperties { ReasonString = why },
        };
        while (_entries.TryPeek(out Entry? first) && first.Answer is { } answer)
        {
            answers.Add(answer);
            _entries.Dequeue();
        }
    }

    private Entry? Find(ushort packetId)
    {
        foreach (Entry entry in _entries)
        {
            if (entry.PacketId == packetId)
            {
                return entry;
            }
        }

        return null;
    }

    private sealed class Entry(ushort packetId)
    {
        public ushort PacketId { get; } = packetId;

        public MqttPacket.PubAck? Answer { get; set; }
    }
}
