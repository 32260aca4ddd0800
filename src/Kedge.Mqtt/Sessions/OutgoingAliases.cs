using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Sessions;

/// <summary>
/// Numbers that this side gives to topics, first come first served, none ever given again: a device has a handful of
/// topics.
/// </summary>
internal sealed class OutgoingAliases(int aliasMax)
{
    private Dictionary<string, ushort>? _aliases;

    /// <summary>The message with a number: beside its topic the first time, in its place from then on.</summary>
    public MqttPacket.Publish Shorten(MqttPacket.Publish message)
    {
        if (aliasMax == 0)
        {
            return message;
        }

        _aliases ??= new Dictionary<string, ushort>(StringComparer.Ordinal);
        if (_aliases.TryGetValue(message.Topic, out ushort alias))
        {
            return message with { Topic = "", Properties = message.Properties with { TopicAlias = alias } };
        }

        if (_aliases.Count == aliasMax)
        {
            return message;
        }

        alias = (ushort)(_aliases.Count + 1);
        return message with { Properties = message.Properties with { TopicAlias = alias } };
    }

    /// <summary>Call when a shortened message has really been sent.</summary>
    public void Sent(MqttPacket.Publish shortened)
    {
        if (shortened.Properties.TopicAlias is { } alias && shortened.Topic.Length > 0)
        {
            _aliases![shortened.Topic] = alias; // Shorten made it before it set an alias.
        }
    }
}
