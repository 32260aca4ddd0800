using Kedge.Core.Errors;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;

namespace Kedge.Mqtt.Transport;

/// <summary>How a connection ended.</summary>
/// <param name="Reason">As a reason code.</param>
/// <param name="By">Who ended it.</param>
/// <param name="Message">One sentence for people.</param>
public sealed record MqttClosed(MqttReasonCode Reason, MqttCloseBy By, string Message)
{
    /// <summary>True when the peer left in order.</summary>
    public bool Graceful => By == MqttCloseBy.Peer && Reason == MqttReasonCode.Success;

    /// <summary>Set when the owner's own handler threw: a bug of the owner, to be logged.</summary>
    public Exception? Fault { get; init; }

    /// <summary>The same with a stable code and its remedy.</summary>
    public Finding ToFinding()
    {
        ErrorCode code = (By, Reason) switch
        {
            (MqttCloseBy.Network, _) => MqttErrors.Lost,
            (MqttCloseBy.Peer, _) => MqttErrors.ClosedByPeer,
            (_, MqttReasonCode.KeepAliveTimeout) => MqttErrors.Silent,
            _ => MqttErrors.ProtocolBroken,
        };
        return code.At($"{Message} (reason code 0x{(byte)Reason:X2} {Reason})");
    }
}
