using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Kedge.Agent.Source;

/// <summary>Opens a TLS connection whose server the caller judges.</summary>
internal static class TlsDialer
{
    /// <summary>
    /// Connects; throws <see cref="IOException"/> when nobody answers or a side does not accept the other.
    /// </summary>
    /// <param name="address">Host and port.</param>
    /// <param name="certificate">The device's certificate; null to come without one.</param>
    /// <param name="judge">Judges the server's certificate.</param>
    /// <param name="time">For the deadline.</param>
    /// <param name="cancel">Gives up.</param>
    internal static async ValueTask<SslStream> ConnectAsync(
        (string Host, int Port) address, X509Certificate2? certificate, RemoteCertificateValidationCallback judge,
        TimeProvider time, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(AgentLimits.LinkTimeout, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? tls = null;
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, both.Token).ConfigureAwait(false);
            tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = address.Host,
                    EnabledSslProtocols = SslProtocols.Tls13,
                    ApplicationProtocols = [SslApplicationProtocol.Http11],
                    ClientCertificates = certificate is null ? null : [certificate],
                    LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
                    RemoteCertificateValidationCallback = judge,
                    // A stranger's certificate does not say what is fetched from where.
                    CertificateChainPolicy = new X509ChainPolicy
                    {
                        RevocationMode = X509RevocationMode.NoCheck,
                        DisableCertificateDownloads = true,
                    },
                },
                both.Token).ConfigureAwait(false);
            return tls;
        }
        catch (Exception e) when (e is SocketException or AuthenticationException or IOException
            or OperationCanceledException)
        {
            socket.Dispose();
            if (tls is not null)
            {
                await tls.DisposeAsync().ConfigureAwait(false);
            }

            cancel.ThrowIfCancellationRequested();
            string why = e is OperationCanceledException
                ? $"no connection within {AgentLimits.LinkTimeout.TotalSeconds} s"
                : e.GetBaseException().Message;
            throw new IOException($"{address.Host}:{address.Port}: {why}", e);
        }
    }
}
