using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Kedge.Mqtt.Transport;

/// <summary>Opens a TCP connection and TLS 1.3 over it.</summary>
public static class MqttConnector
{
    /// <summary>Reaches a broker once; trying again is the caller's decision.</summary>
    public static async Task<MqttDialOutcome> DialAsync(
        MqttConnectorOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? tls = null;
        try
        {
            await socket.ConnectAsync(options.Host, options.Port, both.Token).ConfigureAwait(false);
            tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsClientAsync(TlsOptions(options), both.Token).ConfigureAwait(false);
            return new MqttDialOutcome.Reached(tls);
        }
        catch (Exception exception)
        {
            socket.Dispose();
            if (tls is not null)
            {
                await tls.DisposeAsync().ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            return exception switch
            {
                AuthenticationException or IOException => new MqttDialOutcome.Failed(
                    MqttErrors.TlsRefused.At(Innermost(exception))),
                SocketException => new MqttDialOutcome.Failed(MqttErrors.Unreachable.At(
                    $"{options.Host}:{options.Port}: {exception.Message}")),
                OperationCanceledException => new MqttDialOutcome.Failed(MqttErrors.Unreachable.At(
                    $"{options.Host}:{options.Port}: no connection within {options.Timeout.TotalSeconds:0.#} s")),
                _ => throw new InvalidOperationException($"Dialling {options.Host}:{options.Port} failed.", exception),
            };
        }
    }

    private static string Innermost(Exception exception) => exception.GetBaseException().Message;

    private static SslClientAuthenticationOptions TlsOptions(MqttConnectorOptions options) => new()
    {
        TargetHost = options.ServerName ?? options.Host,
        EnabledSslProtocols = SslProtocols.Tls13,
        ClientCertificates = options.ClientCertificate is { } certificate ? [certificate] : null,
        LocalCertificateSelectionCallback = options.ClientCertificate is { } only ? (_, _, _, _, _) => only : null,
        RemoteCertificateValidationCallback = options.ValidateServer,

        // A stranger's certificate does not say what is fetched from where.
        CertificateChainPolicy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        },
    };
}
