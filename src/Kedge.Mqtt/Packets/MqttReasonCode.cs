namespace Kedge.Mqtt.Packets;

/// <summary>
/// Every reason code of MQTT 5.0 (§2.4). Below 0x80 is success. On 3.1.1 connections the codec maps them.
/// </summary>
public enum MqttReasonCode : byte
{
    /// <summary>Done; also normal disconnection and granted QoS 0.</summary>
    Success = 0x00,

    /// <summary>Subscription granted, at most QoS 1.</summary>
    GrantedQos1 = 0x01,

    /// <summary>Subscription granted, at most QoS 2.</summary>
    GrantedQos2 = 0x02,

    /// <summary>The client leaves and wants its will published.</summary>
    DisconnectWithWill = 0x04,

    /// <summary>Accepted, and nobody listens.</summary>
    NoMatchingSubscribers = 0x10,

    /// <summary>There was nothing to unsubscribe.</summary>
    NoSubscriptionExisted = 0x11,

    /// <summary>Go on with the next authentication step.</summary>
    ContinueAuthentication = 0x18,

    /// <summary>Start authentication anew.</summary>
    ReAuthenticate = 0x19,

    /// <summary>Refused, without a reason.</summary>
    UnspecifiedError = 0x80,

    /// <summary>The packet cannot be parsed.</summary>
    MalformedPacket = 0x81,

    /// <summary>The packet is well formed and not allowed here.</summary>
    ProtocolError = 0x82,

    /// <summary>Valid, and not accepted by this implementation.</summary>
    ImplementationSpecificError = 0x83,

    /// <summary>The server does not speak this version.</summary>
    UnsupportedProtocolVersion = 0x84,

    /// <summary>The client identifier is not allowed.</summary>
    ClientIdentifierNotValid = 0x85,

    /// <summary>User name or password not accepted.</summary>
    BadUserNameOrPassword = 0x86,

    /// <summary>Not authorised to do this.</summary>
    NotAuthorized = 0x87,

    /// <summary>The server is not available.</summary>
    ServerUnavailable = 0x88,

    /// <summary>The server is busy: try later.</summary>
    ServerBusy = 0x89,

    /// <summary>The client is banned.</summary>
    Banned = 0x8A,

    /// <summary>The server is shutting down.</summary>
    ServerShuttingDown = 0x8B,

    /// <summary>The authentication method is not supported or not the one in use.</summary>
    BadAuthenticationMethod = 0x8C,

    /// <summary>Nothing was heard for one and a half keep-alive periods.</summary>
    KeepAliveTimeout = 0x8D,

    /// <summary>Another connection uses the same client identifier.</summary>
    SessionTakenOver = 0x8E,

    /// <summary>The topic filter is not accepted.</summary>
    TopicFilterInvalid = 0x8F,

    /// <summary>The topic name is not accepted.</summary>
    TopicNameInvalid = 0x90,

    /// <summary>The packet identifier is in use already.</summary>
    PacketIdentifierInUse = 0x91,

    /// <summary>The packet identifier is not known.</summary>
    PacketIdentifierNotFound = 0x92,

    /// <summary>More unanswered messages than announced.</summary>
    ReceiveMaximumExceeded = 0x93,

    /// <summary>The topic alias is zero, too large or unknown.</summary>
    TopicAliasInvalid = 0x94,

    /// <summary>The packet is larger than announced.</summary>
    PacketTooLarge = 0x95,

    /// <summary>Messages come too fast.</summary>
    MessageRateTooHigh = 0x96,

    /// <summary>A limit of the receiver is used up.</summary>
    QuotaExceeded = 0x97,

    /// <summary>Closed by an administrator.</summary>
    AdministrativeAction = 0x98,

    /// <summary>The payload is not of the announced format.</summary>
    PayloadFormatInvalid = 0x99,

    /// <summary>Retained messages are not available.</summary>
    RetainNotSupported = 0x9A,

    /// <summary>The quality of service is above the announced maximum.</summary>
    QosNotSupported = 0x9B,

    /// <summary>Use another server for now.</summary>
    UseAnotherServer = 0x9C,

    /// <summary>Use another server from now on.</summary>
    ServerMoved = 0x9D,

    /// <summary>Shared subscriptions are not available.</summary>
    SharedSubscriptionsNotSupported = 0x9E,

    /// <summary>Connections come too fast.</summary>
    ConnectionRateExceeded = 0x9F,

    /// <summary>The longest allowed connection time is over.</summary>
    MaximumConnectTime = 0xA0,

    /// <summary>Subscription identifiers are not available.</summary>
    SubscriptionIdentifiersNotSupported = 0xA1,

    /// <summary>Wildcard subscriptions are not available.</summary>
    WildcardSubscriptionsNotSupported = 0xA2,
}
