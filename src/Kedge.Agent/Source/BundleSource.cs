using System.Text;
using Kedge.Agent.Http;
using Kedge.Agent.Identity;
using Kedge.Core.Errors;
using Kedge.Wire.Trust;

namespace Kedge.Agent.Source;

/// <summary>
/// Asks the server for its trust bundle when it shows an intermediate that the bundle held does not name. The server is
/// not trusted for it, only the root's signature; the device sends nothing of its own.
/// </summary>
/// <param name="credentials">The pinned root and the trust bundle.</param>
/// <param name="time">Clock and timers.</param>
/// <param name="floorMs">The true time is not before it, Unix milliseconds UTC.</param>
internal sealed class BundleSource(Credentials credentials, TimeProvider time, Func<long> floorMs)
{
    /// <summary>The clock as certificates are judged by it.</summary>
    internal (long WallMs, long FloorMs) Clock() => (time.GetUtcNow().ToUnixTimeMilliseconds(), floorMs());

    /// <summary>Takes a newer bundle: null when one was kept, else why not.</summary>
    internal async ValueTask<string?> RefreshAsync(CancellationToken cancel)
    {
        long before = credentials.Bundle.Held?.Version ?? 0;
        try
        {
            HttpAnswer answer = await AskAsync(cancel).ConfigureAwait(false);
            if (answer.Status != 200 || !answer.IsWhole)
            {
                return $"asked for its trust bundle, it answered with status {answer.Status}";
            }

            Finding? finding = credentials.Bundle.Offer(Encoding.UTF8.GetString(answer.Body.Span), Clock());
            return credentials.Bundle.Held?.Version > before ? null
                : finding is null ? $"it has trust bundle {before} too"
                : $"{finding.Code} {finding.Message}";
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return $"its trust bundle cannot be had: {e.Message}";
        }
    }

    private async ValueTask<HttpAnswer> AskAsync(CancellationToken cancel)
    {
        Uri content = credentials.Content;
        Stream stream = await TlsDialer.ConnectAsync(
            (content.Host, content.Port),
            null,
            (_, server, chain, errors) => server is System.Security.Cryptography.X509Certificates.X509Certificate2 leaf
                && ServerTrust.Judge(leaf, ServerTrust.Sent(chain), credentials.Root, errors, Clock()) is null,
            time,
            cancel).ConfigureAwait(false);
        HttpExchange exchange = new(stream, time, AgentLimits.FetchTimeout);
        await using (exchange.ConfigureAwait(false))
        {
            return await exchange.SendAsync(
                new HttpRequest
                {
                    Path = "/v1/bundle",
                    Host = content.Authority,
                    BodyBytesMax = TrustBundleFormat.BytesMax,
                },
                cancel).ConfigureAwait(false);
        }
    }
}
