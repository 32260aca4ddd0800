using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Topics;

namespace Kedge.Mqtt.Codec;

/// <summary>Writes one property block: length, then every property that is set, in the order of identifiers.</summary>
internal static class PropertyWriter
{
    public static void Write(ref PacketSink sink, MqttPacketKind home, MqttProperties properties)
    {
        if (ReferenceEquals(properties, MqttProperties.None))
        {
            sink.VarInt(0);
            return;
        }

        var counter = new BlockWriter(PacketSink.Counter(), home);
        counter.All(properties);
        sink.Close(in counter.Sink);
        sink.VarInt((uint)counter.Sink.Bytes);
        var block = new BlockWriter(sink, home);
        block.All(properties);
        sink = block.Sink;
    }

    /// <summary>True when no property is set.</summary>
    public static bool IsEmpty(MqttProperties properties)
    {
        if (ReferenceEquals(properties, MqttProperties.None))
        {
            return true;
        }

        var counter = new BlockWriter(PacketSink.Counter(), MqttPacketKind.Unknown);
        counter.All(properties);
        return counter.Sink.Bytes == 0;
    }

    private ref struct BlockWriter(PacketSink sink, MqttPacketKind home)
    {
        public PacketSink Sink = sink;

        public void All(MqttProperties p)
        {
            Flag(MqttPropertyId.PayloadFormat, p.PayloadIsText);
            U32(MqttPropertyId.MessageExpiry, p.MessageExpirySeconds);
            Text(MqttPropertyId.ContentType, p.ContentType);
            Sink.Require(
                p.ResponseTopic is null || MqttTopic.IsName(p.ResponseTopic), "A response topic is no topic name.");
            Text(MqttPropertyId.ResponseTopic, p.ResponseTopic);
            Binary(MqttPropertyId.CorrelationData, p.CorrelationData);
            SubscriptionIdentifiers(p);
            U32(MqttPropertyId.SessionExpiry, p.SessionExpirySeconds);
            Text(MqttPropertyId.AssignedClientId, p.AssignedClientId);
            U16(MqttPropertyId.ServerKeepAlive, p.ServerKeepAliveSeconds);
            Text(MqttPropertyId.AuthenticationMethod, p.AuthenticationMethod);
            Sink.Require(p.AuthenticationData is null || p.AuthenticationMethod is not null,
                "Authentication data stands without a method.");
            Binary(MqttPropertyId.AuthenticationData, p.AuthenticationData);
            Flag(MqttPropertyId.RequestProblemInformation, p.RequestProblemInformation);
            U32(MqttPropertyId.WillDelay, p.WillDelaySeconds);
            Flag(MqttPropertyId.RequestResponseInformation, p.RequestResponseInformation);
            Text(MqttPropertyId.ResponseInformation, p.ResponseInformation);
            Text(MqttPropertyId.ServerReference, p.ServerReference);
            Text(MqttPropertyId.ReasonString, p.ReasonString);
            Limits(p);
        }

        private void Limits(MqttProperties p)
        {
            Sink.Require(p.ReceiveMaximum is not 0, "Receive maximum is 0.");
            U16(MqttPropertyId.ReceiveMaximum, p.ReceiveMaximum);
            U16(MqttPropertyId.TopicAliasMaximum, p.TopicAliasMaximum);
            Sink.Require(p.TopicAlias is not 0, "A topic alias is 0.");
            U16(MqttPropertyId.TopicAlias, p.TopicAlias);
            Sink.Require(p.MaximumQos is null or MqttQos.AtMostOnce or MqttQos.AtLeastOnce, "Maximum QoS is 2.");
            Flag(MqttPropertyId.MaximumQos, p.MaximumQos is null ? null : p.MaximumQos == MqttQos.AtLeastOnce);
            Flag(MqttPropertyId.RetainAvailable, p.RetainAvailable);
            foreach (MqttUserProperty user in p.UserProperties)
            {
                Open(MqttPropertyId.UserProperty);
                Sink.Text(user.Name);
                Sink.Text(user.Value);
            }

            Sink.Require(p.PacketBytesMax is not 0, "Maximum packet size is 0.");
            U32(MqttPropertyId.PacketBytesMax, p.PacketBytesMax);
            Flag(MqttPropertyId.WildcardAvailable, p.WildcardSubscriptionAvailable);
            Flag(MqttPropertyId.SubscriptionIdentifiersAvailable, p.SubscriptionIdentifiersAvailable);
            Flag(MqttPropertyId.SharedAvailable, p.SharedSubscriptionAvailable);
        }

        private void SubscriptionIdentifiers(MqttProperties p)
        {
            Sink.Require(home != MqttPacketKind.Subscribe || p.SubscriptionIdentifiers.Length <= 1,
                "A SUBSCRIBE has more than one subscription identifier.");
            foreach (uint id in p.SubscriptionIdentifiers)
            {
                Sink.Require(id != 0, "A subscription identifier is 0.");
                Open(MqttPropertyId.SubscriptionIdentifier);
                Sink.VarInt(id);
            }
        }

        private void Open(MqttPropertyId id)
        {
            Sink.Require(PropertyTable.IsAllowed(home, (uint)id), "A property has no place in this packet.");
            Sink.U8((byte)id);
        }

        private void Flag(MqttPropertyId id, bool? value)
        {
            if (value is { } flag)
            {
                Open(id);
                Sink.U8(flag ? (byte)1 : (byte)0);
            }
        }

        private void U16(MqttPropertyId id, ushort? value)
        {
            if (value is { } number)
            {
                Open(id);
                Sink.U16(number);
            }
        }

        private void U32(MqttPropertyId id, uint? value)
        {
            if (value is { } number)
            {
                Open(id);
                Sink.U32(number);
            }
        }

        private void Text(MqttPropertyId id, string? value)
        {
            if (value is not null)
            {
                Open(id);
                Sink.Text(value);
            }
        }

        private void Binary(MqttPropertyId id, ReadOnlyMemory<byte>? value)
        {
            if (value is { } bytes)
            {
                Open(id);
                Sink.Binary(bytes.Span);
            }
        }
    }
}
