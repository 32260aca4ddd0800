using System.Collections.Immutable;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Topics;

namespace Kedge.Mqtt.Codec;

/// <summary>Bodies of SUBSCRIBE, UNSUBSCRIBE and their answers.</summary>
internal static class SubscribeDecoder
{
    public static MqttPacket Subscribe(ref PacketCursor cursor, in DecodeContext context)
    {
        ushort id = cursor.PacketId();
        MqttProperties properties = context.Properties(ref cursor, MqttPacketKind.Subscribe);
        var subscriptions = ImmutableArray.CreateBuilder<MqttSubscription>();
        while (cursor.Remaining > 0)
        {
            if (CheckCount(ref cursor, subscriptions.Count, context.Limits))
            {
                string filter = cursor.Text();
                subscriptions.Add(Subscription(ref cursor, filter, context));
            }
        }

        RequireOne(ref cursor, subscriptions.Count);
        return new MqttPacket.Subscribe(id, subscriptions.ToImmutable()) { Properties = properties };
    }

    private static MqttSubscription Subscription(ref PacketCursor cursor, string filter, in DecodeContext context)
    {
        byte options = cursor.U8();
        int qos = options & 3;
        int retainHandling = (options >> 4) & 3;
        bool noLocal = (options & 4) != 0;
        if ((options & (context.IsV5 ? 0xC0 : 0xFC)) != 0)
        {
            cursor.Malformed("Reserved bits of subscription options are set.");
        }

        if (qos == 3)
        {
            cursor.Malformed("A subscription asks for QoS 3.");
        }

        if (retainHandling == 3)
        {
            cursor.Forbidden("A subscription asks for retain handling 3.");
        }

        if (noLocal && MqttTopic.IsShared(filter))
        {
            cursor.Forbidden("A shared subscription asks for no-local.");
        }

        return new MqttSubscription(filter, (MqttQos)qos)
        {
            NoLocal = noLocal,
            RetainAsPublished = (options & 8) != 0,
            RetainHandling = (MqttRetainHandling)retainHandling,
        };
    }

    public static MqttPacket Unsubscribe(ref PacketCursor cursor, in DecodeContext context)
    {
        ushort id = cursor.PacketId();
        MqttProperties properties = context.Properties(ref cursor, MqttPacketKind.Unsubscribe);
        var filters = ImmutableArray.CreateBuilder<string>();
        while (cursor.Remaining > 0)
        {
            if (CheckCount(ref cursor, filters.Count, context.Limits))
            {
                filters.Add(cursor.Text());
            }
        }

        RequireOne(ref cursor, filters.Count);
        return new MqttPacket.Unsubscribe(id, filters.ToImmutable()) { Properties = properties };
    }

    public static MqttPacket SubAck(ref PacketCursor cursor, in DecodeContext context)
    {
        ushort id = cursor.PacketId();
        MqttProperties properties = context.Properties(ref cursor, MqttPacketKind.SubAck);
        ImmutableArray<MqttReasonCode> reasons = Reasons(ref cursor, MqttPacketKind.SubAck, context);
        return new MqttPacket.SubAck(id, reasons) { Properties = properties };
    }

    public static MqttPacket UnsubAck(ref PacketCursor cursor, in DecodeContext context)
    {
        ushort id = cursor.PacketId();
        if (!context.IsV5)
        {
            return new MqttPacket.UnsubAck(id, []);
        }

        MqttProperties properties = context.Properties(ref cursor, MqttPacketKind.UnsubAck);
        ImmutableArray<MqttReasonCode> reasons = Reasons(ref cursor, MqttPacketKind.UnsubAck, context);
        return new MqttPacket.UnsubAck(id, reasons) { Properties = properties };
    }

    private static ImmutableArray<MqttReasonCode> Reasons(
        ref PacketCursor cursor, MqttPacketKind home, in DecodeContext context)
    {
        var reasons = ImmutableArray.CreateBuilder<MqttReasonCode>();
        while (cursor.Remaining > 0)
        {
            if (CheckCount(ref cursor, reasons.Count, context.Limits))
            {
                MqttReasonCode reason = DecodeContext.Reason(ref cursor, home);
                if (!context.IsV5 && reason is > MqttReasonCode.GrantedQos2 and not MqttReasonCode.UnspecifiedError)
                {
                    cursor.Forbidden("A return code of SUBACK is reserved.");
                }

                reasons.Add(reason);
            }
        }

        RequireOne(ref cursor, reasons.Count);
        return reasons.ToImmutable();
    }

    private static bool CheckCount(ref PacketCursor cursor, int count, MqttReadLimits limits)
    {
        if (count < limits.FiltersMax)
        {
            return true;
        }

        cursor.Fail(MqttReasonCode.QuotaExceeded, "A packet has more filters than this side takes.");
        return false;
    }

    private static void RequireOne(ref PacketCursor cursor, int count)
    {
        if (count == 0)
        {
            cursor.Forbidden("A packet has no filter.");
        }
    }
}
