using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Sessions;

/// <summary>Topics that the peer has given numbers to (MQTT 5.0 §3.3.2.3.4). Lives as long as one connection.</summary>
internal sealed class IncomingAliases(int aliasMax)
{
    private string?[]? _topics;

    /// <summary>The message with its whole topic; null when the alias is too large or unknown.</summary>
    public MqttPacket.Publish? Resolve(MqttPacket.Publish message)
    {
        if (message.Properties.TopicAlias is not { } alias)
        {
            return message;
        }

        if (alias == 0 || alias > aliasMax)
        {
            return null;
        }

        _topics ??= new string?[aliasMax + 1];
        if (message.Topic.Length > 0)
        {
            _topics[alias] = message.Topic;
        }

        return _topics[alias] is { } topic
            ? message with { Topic = topic, Properties = message.Properties with { TopicAlias = null } }
            : null;
    }
}
