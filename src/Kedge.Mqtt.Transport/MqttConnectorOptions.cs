using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Kedge.Mqtt.Transport;

/// <summary>Where a broker is and how both sides know each other.</summary>
public sealed record MqttConnectorOptions
{
    /// <summary>Name or address.</summary>
    public required string Host { get; init; }

    /// <summary>Port; 8883 is the standard's for MQTT over TLS.</summary>
    public int Port { get; init; } = 8883;

    /// <summary>Name that the broker's certificate must carry; null for <see cref="Host"/>.</summary>
    public string? ServerName { get; init; }

    /// <summary>The device's certificate with its key; null for none.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Judges the broker's certificate. There is no default: who connects must say whom it trusts.</summary>
    public required RemoteCertificateValidationCallback ValidateServer { get; init; }

    /// <summary>Longest time for name lookup, TCP and TLS together.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);
}
