namespace Kedge.Mqtt.Sessions;

/// <summary>What a packet identifier of this side stands for.</summary>
internal enum PendingKind : byte
{
    Unknown = 0,
    Publish = 1,
    Subscribe = 2,
    Unsubscribe = 3,
}
