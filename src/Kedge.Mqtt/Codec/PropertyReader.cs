using System.Collections.Immutable;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Topics;

namespace Kedge.Mqtt.Codec;

/// <summary>Reads one property block: length, then identifiers and values (MQTT 5.0 §2.2.2).</summary>
internal static class PropertyReader
{
    public static MqttProperties Read(ref PacketCursor cursor, MqttPacketKind home, MqttReadLimits limits)
    {
        uint bytes = cursor.VarInt();
        if (bytes == 0)
        {
            return MqttProperties.None;
        }

        PacketCursor block = cursor.Block(bytes);
        MqttProperties properties = ReadBlock(ref block, home, limits);
        cursor.Close(in block);
        return properties;
    }

    private static MqttProperties ReadBlock(ref PacketCursor block, MqttPacketKind home, MqttReadLimits limits)
    {
        MqttProperties properties = MqttProperties.None;
        ImmutableArray<MqttUserProperty>.Builder? users = null;
        ImmutableArray<uint>.Builder? subscriptions = null;
        ulong seen = 0;
        while (block.Remaining > 0)
        {
            uint id = block.VarInt();
            if (!PropertyTable.IsAllowed(home, id))
            {
                block.Malformed("A property has no place in this packet.");
                break;
            }

            switch ((MqttPropertyId)id)
            {
                case MqttPropertyId.UserProperty:
                    users ??= ImmutableArray.CreateBuilder<MqttUserProperty>();
                    ReadUserProperty(ref block, users, limits);
                    continue;
                case MqttPropertyId.SubscriptionIdentifier when home == MqttPacketKind.Publish:
                    subscriptions ??= ImmutableArray.CreateBuilder<uint>();
                    ReadSubscriptionIdentifier(ref block, subscriptions, limits);
                    continue;
            }

            if ((seen & (1ul << (int)id)) != 0)
            {
                block.Forbidden("A property stands twice.");
                break;
            }

            seen |= 1ul << (int)id;
            properties = ReadOne(ref block, (MqttPropertyId)id, properties);
        }

        if (properties.AuthenticationData is not null && properties.AuthenticationMethod is null)
        {
            block.Forbidden("Authentication data stands without a method.");
        }

        return (users, subscriptions) switch
        {
            (null, null) => properties,
            _ => properties with
            {
                UserProperties = users?.ToImmutable() ?? [],
                SubscriptionIdentifiers = subscriptions?.ToImmutable() ?? properties.SubscriptionIdentifiers,
            },
        };
    }

    private static void ReadUserProperty(
        ref PacketCursor block, ImmutableArray<MqttUserProperty>.Builder users, MqttReadLimits limits)
    {
        if (users.Count == limits.UserPropertiesMax)
        {
            block.Fail(MqttReasonCode.QuotaExceeded, "A packet has more user properties than this side takes.");
            return;
        }

        string name = block.Text();
        users.Add(new MqttUserProperty(name, block.Text()));
    }

    private static void ReadSubscriptionIdentifier(
        ref PacketCursor block, ImmutableArray<uint>.Builder subscriptions, MqttReadLimits limits)
    {
        if (subscriptions.Count == limits.SubscriptionIdentifiersMax)
        {
            block.Fail(
                MqttReasonCode.QuotaExceeded, "A packet has more subscription identifiers than this side takes.");
            return;
        }

        subscriptions.Add(NotZero(ref block, block.VarInt(), "Subscription identifier"));
    }

    private static MqttProperties ReadOne(ref PacketCursor block, MqttPropertyId id, MqttProperties p) => id switch
    {
        MqttPropertyId.PayloadFormat => p with { PayloadIsText = block.Flag("Payload format indicator") },
        MqttPropertyId.MessageExpiry => p with { MessageExpirySeconds = block.U32() },
        MqttPropertyId.ContentType => p with { ContentType = block.Text() },
        MqttPropertyId.ResponseTopic => p with { ResponseTopic = TopicName(ref block) },
        MqttPropertyId.CorrelationData => p with { CorrelationData = block.Binary() },
        MqttPropertyId.SubscriptionIdentifier => p with
        {
            SubscriptionIdentifiers = [NotZero(ref block, block.VarInt(), "Subscription identifier")],
        },
        MqttPropertyId.SessionExpiry => p with { SessionExpirySeconds = block.U32() },
        MqttPropertyId.AssignedClientId => p with { AssignedClientId = block.Text() },
        MqttPropertyId.ServerKeepAlive => p with { ServerKeepAliveSeconds = block.U16() },
        MqttPropertyId.AuthenticationMethod => p with { AuthenticationMethod = block.Text() },
        MqttPropertyId.AuthenticationData => p with { AuthenticationData = block.Binary() },
        MqttPropertyId.RequestProblemInformation => p with
        {
            RequestProblemInformation = block.Flag("Request problem information"),
        },
        MqttPropertyId.WillDelay => p with { WillDelaySeconds = block.U32() },
        MqttPropertyId.RequestResponseInformation => p with
        {
            RequestResponseInformation = block.Flag("Request response information"),
        },
        MqttPropertyId.ResponseInformation => p with { ResponseInformation = block.Text() },
        MqttPropertyId.ServerReference => p with { ServerReference = block.Text() },
        MqttPropertyId.ReasonString => p with { ReasonString = block.Text() },
        _ => ReadLimit(ref block, id, p),
    };

    private static MqttProperties ReadLimit(ref PacketCursor block, MqttPropertyId id, MqttProperties p) => id switch
    {
        MqttPropertyId.ReceiveMaximum =>
            p with { ReceiveMaximum = (ushort)NotZero(ref block, block.U16(), "Receive maximum") },
        MqttPropertyId.TopicAliasMaximum => p with { TopicAliasMaximum = block.U16() },
        MqttPropertyId.TopicAlias => p with { TopicAlias = TopicAlias(ref block) },
        MqttPropertyId.MaximumQos => p with
        {
            MaximumQos = block.Flag("Maximum QoS") == true ? MqttQos.AtLeastOnce : MqttQos.AtMostOnce,
        },
        MqttPropertyId.RetainAvailable => p with { RetainAvailable = block.Flag("Retain available") },
        MqttPropertyId.PacketBytesMax =>
            p with { PacketBytesMax = NotZero(ref block, block.U32(), "Maximum packet size") },
        MqttPropertyId.WildcardAvailable => p with
        {
            WildcardSubscriptionAvailable = block.Flag("Wildcard subscription available"),
        },
        MqttPropertyId.SubscriptionIdentifiersAvailable => p with
        {
            SubscriptionIdentifiersAvailable = block.Flag("Subscription identifiers available"),
        },
        MqttPropertyId.SharedAvailable => p with
        {
            SharedSubscriptionAvailable = block.Flag("Shared subscription available"),
        },
        _ => throw Core.Check.Unreachable(id),
    };

    private static string TopicName(ref PacketCursor block)
    {
        string topic = block.Text();
        if (block.Error is null && !MqttTopic.IsName(topic))
        {
            block.Forbidden("A response topic is empty or holds a wildcard.");
        }

        return topic;
    }

    private static uint NotZero(ref PacketCursor block, uint value, string name)
    {
        if (value == 0)
        {
            block.Forbidden($"{name} is 0.");
        }

        return value;
    }

    private static ushort TopicAlias(ref PacketCursor block)
    {
        ushort alias = block.U16();
        if (alias == 0)
        {
            block.Fail(MqttReasonCode.TopicAliasInvalid, "A topic alias is 0.");
        }

        return alias;
    }
}
