namespace Kedge.Mqtt.Sessions;

/// <summary>Who ended a connection.</summary>
public enum MqttCloseBy
{
    /// <summary>Never set.</summary>
    Unknown = 0,

    /// <summary>This side's owner asked for it.</summary>
    Owner = 1,

    /// <summary>This side's session: the peer broke a rule or fell silent.</summary>
    Session = 2,

    /// <summary>The peer said so: DISCONNECT, or a refusing CONNACK.</summary>
    Peer = 3,

    /// <summary>Nobody said so: the connection broke.</summary>
    Network = 4,
}
