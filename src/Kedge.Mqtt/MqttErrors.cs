using Kedge.Core.Errors;

namespace Kedge.Mqtt;

/// <summary>Errors of the device link's transport that a user can meet.</summary>
public static class MqttErrors
{
    /// <summary>The connection could not be opened at all.</summary>
    public static readonly ErrorCode Unreachable = new(
        "KEDGE-MQTT-001",
        "The broker could not be reached: the name did not resolve, or nothing answered on the port.",
        "Check the address, and that the network and firewalls on the way let the port through.");

    /// <summary>The TLS handshake failed.</summary>
    public static readonly ErrorCode TlsRefused = new(
        "KEDGE-MQTT-002",
        "The TLS handshake with the broker failed: a certificate was not accepted, or TLS 1.3 is missing.",
        "Check the certificate, the trusted authority and the clock; enrol the device again if it was revoked.");

    /// <summary>CONNACK said no.</summary>
    public static readonly ErrorCode Refused = new(
        "KEDGE-MQTT-003",
        "The broker refused the connection; the reason code says why.",
        "Look the reason code up in docs/protocol/mqtt.md; the broker's log names the device and the rule.");

    /// <summary>The peer broke the protocol.</summary>
    public static readonly ErrorCode ProtocolBroken = new(
        "KEDGE-MQTT-004",
        "The peer sent what MQTT does not allow, and the connection was closed.",
        "Check that the peer speaks MQTT 3.1.1 or 5.0 on this port; report it with the sentence given.");

    /// <summary>The peer fell silent.</summary>
    public static readonly ErrorCode Silent = new(
        "KEDGE-MQTT-005",
        "The peer was silent for longer than the keep-alive allows, and the connection was closed.",
        "Nothing, when it connects again by itself; else check the network for a connection that is half open.");

    /// <summary>The connection broke.</summary>
    public static readonly ErrorCode Lost = new(
        "KEDGE-MQTT-006",
        "The connection broke without a word from the peer.",
        "Nothing, when it connects again by itself; else check the network.");

    /// <summary>The peer closed with a reason.</summary>
    public static readonly ErrorCode ClosedByPeer = new(
        "KEDGE-MQTT-007",
        "The peer closed the connection with a reason code.",
        "Look the reason code up in docs/protocol/mqtt.md.");

    /// <summary>A local queue was full.</summary>
    public static readonly ErrorCode QueueFull = new(
        "KEDGE-MQTT-008",
        "A message was not sent since too many wait already.",
        "Send again when earlier messages are answered; if it stays so, the peer or the network is too slow.");

    /// <summary>A message was refused before it was sent.</summary>
    public static readonly ErrorCode NotSendable = new(
        "KEDGE-MQTT-009",
        "A message was not sent since the protocol or a limit that the peer announced forbids it.",
        "Mend the topic, the size or the QoS as the sentence says.");
}
