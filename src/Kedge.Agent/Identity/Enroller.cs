using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Kedge.Agent.Http;
using Kedge.Agent.Link;
using Kedge.Agent.Source;
using Kedge.Agent.Trust;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Wire;
using Kedge.Wire.Enrolment;

namespace Kedge.Agent.Identity;

/// <summary>
/// Enrols a device: a key is made here, the server is proven by the fingerprint in the token before the token is shown
/// to
/// it, and what comes back is checked against the same fingerprint and the owner key before it is kept.
/// </summary>
internal sealed class Enroller(IDisk disk, TimeProvider time, long builtAtMs)
{
    private const int DefaultPort = 443;

    /// <summary>Enrols; throws <see cref="KedgeException"/> with what is wrong.</summary>
    /// <param name="ticket">The token.</param>
    /// <param name="server">Host and port; empty for those of the token.</param>
    /// <param name="name">Name that the device wants; empty when the token fixes it.</param>
    /// <param name="labels">Labels that the device brings.</param>
    /// <param name="cancel">Gives up.</param>
    internal async Task<Credentials> EnrolAsync(
        EnrolmentTicket ticket, string server, string name, IReadOnlyDictionary<string, string> labels,
        CancellationToken cancel)
    {
        string address = server.Length > 0 ? server : ticket.Server;
        string incarnation = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        EnrolRequest request = new()
        {
            Token = ticket.Text,
            Device = name,
            CsrPem = Credentials.RequestPem(key, name.Length > 0 ? name : "device"),
            Incarnation = incarnation,
            Labels = labels,
        };
        HttpAnswer answer = await AskAsync(address, ticket, request, cancel).ConfigureAwait(false);
        if (answer.Status != 200)
        {
            Problem problem = HttpsArtifactSource.ProblemOf(answer);
            throw new KedgeException(AgentErrors.EnrolRefused, $"{problem.Code} {problem.Message}");
        }

        return Keep(ticket, key, answer, incarnation);
    }

    private async Task<HttpAnswer> AskAsync(
        string address, EnrolmentTicket ticket, EnrolRequest request, CancellationToken cancel)
    {
        X509Certificate2? leaf = null;
        X509Certificate2Collection sent = [];
        SslPolicyErrors errors = SslPolicyErrors.None;
        const string Scheme = "https://";
        bool isUrl = address.StartsWith(Scheme, StringComparison.Ordinal);
        string bare = isUrl ? address[Scheme.Length..].TrimEnd('/') : address;
        (string host, int port) = HostPort.Split(bare, DefaultPort);
        try
        {
            // Anybody may answer here: nothing but a question for the root is sent before the judgement below.
            Stream stream = await TlsDialer.ConnectAsync(
                (host, port),
                null,
                (_, certificate, chain, found) =>
                {
                    leaf = certificate is null
                        ? null
                        : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                    sent = ServerTrust.Sent(chain);
                    errors = found;
                    return leaf is not null;
                },
                time,
                cancel).ConfigureAwait(false);
            HttpExchange exchange = new(stream, time, AgentLimits.FetchTimeout);
            await using (exchange.ConfigureAwait(false))
            {
                string hostHeader = $"{host}:{port}";
                X509Certificate2 root = ServerTrust.FindRoot(sent, ticket.Root)
                    ?? await GetRootAsync(exchange, hostHeader, ticket.Root, cancel).ConfigureAwait(false);
                long now = time.GetUtcNow().ToUnixTimeMilliseconds();
                if (ServerTrust.Judge(leaf!, sent, root, errors, (now, builtAtMs)) is { } why)
                {
                    throw new KedgeException(AgentErrors.WrongAuthority, $"{address}: {why}");
                }

                return await exchange.SendAsync(
                    new HttpRequest
                    {
                        Method = "POST",
                        Path = "/v1/enrol",
                        Host = hostHeader,
                        Body = JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Default.EnrolRequest),
                    },
                    cancel).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            throw new KedgeException(AgentErrors.Unreachable, e.Message, e);
        }
    }

    private static async Task<X509Certificate2> GetRootAsync(
        HttpExchange exchange, string host, Digest fingerprint, CancellationToken cancel)
    {
        HttpAnswer answer = await exchange.SendAsync(
            new HttpRequest { Path = "/v1/root", Host = host }, cancel).ConfigureAwait(false);
        try
        {
            X509Certificate2 root = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(answer.Body.Span));
            if (Digest.Of(root.RawData) == fingerprint)
            {
                return root;
            }
        }
        catch (CryptographicException)
        {
            // What it sent is no certificate: the same answer as for another one.
        }

        throw new KedgeException(
            AgentErrors.WrongAuthority, $"{host}: it does not have the root {fingerprint.Short} that the token names");
    }

    private Credentials Keep(EnrolmentTicket ticket, ECDsa key, HttpAnswer answer, string incarnation)
    {
        try
        {
            EnrolResponse? response = JsonSerializer.Deserialize(answer.Body.Span, WireJson.Default.EnrolResponse);
            if (response is null
                || Digest.Of(X509Certificate2.CreateFromPem(response.RootPem).RawData) != ticket.Root)
            {
                throw new KedgeException(AgentErrors.WrongAuthority, "the answer carries another root than the token");
            }

            TrustKeeper trust = TrustKeeper.Open(
                disk, response.OwnerKey, Math.Max(1, response.OwnerVersion));
            byte[] documents = JsonSerializer.SerializeToUtf8Bytes(response.Trust, WireJson.Default.TrustDocuments);
            if (trust.Offer(documents) is { IsEmpty: false } findings)
            {
                throw new KedgeException(AgentErrors.TrustRefused, findings[0].Message);
            }

            BundleKeeper bundle = BundleKeeper.Open(disk, X509Certificate2.CreateFromPem(response.RootPem));
            long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
            if (bundle.Offer(response.Bundle, (nowMs, builtAtMs)) is { } finding)
            {
                throw new KedgeException(AgentErrors.BundleRefused, finding.Message);
            }

            return Credentials.Create(disk, key, response, incarnation);
        }
        catch (Exception e) when (e is JsonException or CryptographicException or ArgumentException
            or InvariantException)
        {
            throw new KedgeException(AgentErrors.EnrolRefused, $"the answer cannot be used: {e.Message}", e);
        }
    }
}
