using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Kedge.Agent.Identity;
using Kedge.Agent.Link;

namespace Kedge.Agent.Neighbours;

/// <summary>
/// TLS 1.3 between two devices, each with its device certificate, on either side. Addresses prove nothing and are not
/// looked at: a device is who its key says.
/// </summary>
/// <param name="credentials">Who we are, and whom we trust.</param>
/// <param name="time">Clock and timers.</param>
/// <param name="floorMs">The true time is not before it, Unix milliseconds UTC.</param>
internal sealed class PeerTls(Credentials credentials, TimeProvider time, Func<long> floorMs)
{
    private readonly Lock _lock = new();
    private (X509Certificate2 Of, SslStreamCertificateContext Context)? _own;

    /// <summary>
    /// Connects to a device; throws <see cref="IOException"/> when nobody answers or a side does not accept the other.
    /// </summary>
    /// <param name="address">Host and port.</param>
    /// <param name="cancel">Gives up.</param>
    internal async ValueTask<(SslStream Stream, Peer Peer)> DialAsync(string address, CancellationToken cancel)
    {
        (string host, int port) = HostPort.Split(address, 0);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            cancel.ThrowIfCancellationRequested();
            throw new IOException($"{address}: {e.Message}", e);
        }

        Judgement judgement = new(this);
        return await ShakeAsync(
            socket,
            judgement,
            tls => tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    EnabledSslProtocols = SslProtocols.Tls13,
                    ApplicationProtocols = [SslApplicationProtocol.Http11],
                    ClientCertificateContext = Own(),
                    RemoteCertificateValidationCallback = judgement.Accepts,
                    CertificateChainPolicy = Bare(),
                },
                cancel)).ConfigureAwait(false);
    }

    /// <summary>Answers a device that connected; throws as <see cref="DialAsync"/>. The socket is taken over.</summary>
    internal ValueTask<(SslStream Stream, Peer Peer)> AnswerAsync(Socket socket, CancellationToken cancel)
    {
        Judgement judgement = new(this);
        return ShakeAsync(
            socket,
            judgement,
            tls => tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    EnabledSslProtocols = SslProtocols.Tls13,
                    ApplicationProtocols = [SslApplicationProtocol.Http11],
                    ServerCertificateContext = Own(),
                    ClientCertificateRequired = true,
                    RemoteCertificateValidationCallback = judgement.Accepts,
                    CertificateChainPolicy = Bare(),
                },
                cancel));
    }

    private static async ValueTask<(SslStream Stream, Peer Peer)> ShakeAsync(
        Socket socket, Judgement judgement, Func<SslStream, Task> shake)
    {
        SslStream tls = new(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await shake(tls).ConfigureAwait(false);
            return (tls, judgement.Peer ?? throw new AuthenticationException("no certificate was shown"));
        }
        catch (Exception e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            if (e is not (SocketException or AuthenticationException or IOException))
            {
                throw;
            }

            throw new IOException(judgement.Why.Length > 0 ? judgement.Why : e.GetBaseException().Message, e);
        }
    }

    /// <summary>The own certificate with its intermediate: another device need not know that one.</summary>
    private SslStreamCertificateContext Own()
    {
        X509Certificate2 certificate = credentials.Certificate;
        lock (_lock)
        {
            if (_own is { } held && ReferenceEquals(held.Of, certificate))
            {
                return held.Context;
            }

            SslStreamCertificateContext context =
                SslStreamCertificateContext.Create(certificate, credentials.Above(), offline: true);
            _own = (certificate, context);
            return context;
        }
    }

    private static X509ChainPolicy Bare() => new()
    {
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private (long WallMs, long FloorMs) Clock() => (time.GetUtcNow().ToUnixTimeMilliseconds(), floorMs());

    /// <summary>What was found of the other side of one connection.</summary>
    private sealed class Judgement(PeerTls tls)
    {
        internal Peer? Peer { get; private set; }

        internal string Why { get; private set; } = "";

        internal bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            if (certificate is not X509Certificate2 leaf)
            {
                Why = "no certificate was shown";
                return false;
            }

            Peer = PeerJudge.Judge(leaf, ServerTrust.Sent(chain), tls.Credentials, tls.Clock(), out string why);
            Why = why;
            return Peer is not null;
        }
    }

    private Credentials Credentials => credentials;
}
