using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Kedge.Agent.Identity;

/// <summary>Judges the server of one connection attempt, and remembers why it was not accepted.</summary>
/// <param name="credentials">The pinned root and the trust bundle.</param>
/// <param name="clock">The device's clock, and the time that the true one is not before; Unix milliseconds UTC.</param>
internal sealed class ServerJudge(Credentials credentials, Func<(long WallMs, long FloorMs)> clock)
{
    /// <summary>Why the server was not accepted; null when it was, or was not reached.</summary>
    internal string? Why { get; private set; }

    /// <summary>True when a newer trust bundle may name the intermediate that the server shows.</summary>
    internal bool NeedsBundle { get; private set; }

    /// <summary>For TLS.</summary>
    internal bool Accepts(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        (Why, NeedsBundle) = (null, false);
        if (certificate is not X509Certificate2 leaf)
        {
            return false;
        }

        X509Certificate2Collection sent = ServerTrust.Sent(chain);
        Why = ServerTrust.Judge(leaf, sent, credentials.Root, errors, clock());
        if (Why is null && credentials.Bundle.Held is { } bundle)
        {
            Why = ServerTrust.JudgeIssuer(leaf, sent, credentials.Root, bundle, clock());
            NeedsBundle = Why is not null;
        }

        return Why is null;
    }
}
