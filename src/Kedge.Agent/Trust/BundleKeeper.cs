using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kedge.Agent.Identity;
using Kedge.Agent.State;
using Kedge.Core.Borders;
using Kedge.Core.Errors;
using Kedge.Wire.Trust;

namespace Kedge.Agent.Trust;

/// <summary>
/// The newest trust bundle that this device saw: which intermediates of the pinned root count. Its version never goes
/// back, so that who stole an intermediate cannot bring back a bundle from before it was revoked. Without a bundle,
/// which an older server does not have, every intermediate of the root counts. Used by the loop and by connections.
/// </summary>
internal sealed class BundleKeeper
{
    private readonly SafeFile _file;
    private readonly byte[] _rootKey;
    private readonly Lock _turn = new();
    private volatile TrustBundle? _held;
    private string _text = "";

    private BundleKeeper(IDisk disk, X509Certificate2 root)
    {
        _file = new SafeFile(disk, "identity", "bundle");
        _rootKey = root.PublicKey.ExportSubjectPublicKeyInfo();
    }

    /// <summary>The bundle held; null when none was ever offered.</summary>
    internal TrustBundle? Held => _held;

    /// <summary>Opens what was kept.</summary>
    internal static BundleKeeper Open(IDisk disk, X509Certificate2 root)
    {
        BundleKeeper keeper = new(disk, root);
        if (keeper._file.Load().Content is { } content)
        {
            keeper._text = Encoding.UTF8.GetString(content);
            keeper._held = TrustBundleFormat.TryOpen(keeper._text, keeper._rootKey, out _);
        }

        return keeper;
    }

    /// <summary>Offers a bundle; a newer one by the pinned root is kept. Null when nothing is wrong with it.</summary>
    /// <param name="text">The two lines; empty for none.</param>
    /// <param name="clock">The device's clock, and the time that the true one is not before; Unix milliseconds
    /// UTC.</param>
    internal Finding? Offer(string text, (long WallMs, long FloorMs) clock)
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (TrustBundleFormat.TryOpen(text, _rootKey, out Finding? finding) is not { } offered)
        {
            return AgentErrors.BundleRefused.At($"{finding?.Code} {finding?.Message}");
        }

        lock (_turn)
        {
            if (_held is { } held && offered.Version <= held.Version)
            {
                return offered.Version == held.Version && text == _text
                    ? null
                    : AgentErrors.BundleOlder.At($"offered is version {offered.Version}, held is {held.Version}");
            }

            if (ServerTrust.HasEnded(offered.NotAfterMs, clock))
            {
                return AgentErrors.BundleRefused.At($"version {offered.Version} has ended");
            }

            return Keep(offered, text);
        }
    }

    private Finding? Keep(TrustBundle offered, string text)
    {
        Finding? finding = null;
        try
        {
            _file.Save(Encoding.UTF8.GetBytes(text));
        }
        catch (DiskException e)
        {
            // It counts until the agent ends, and is asked for again by the next start.
            finding = LedgerErrors.NotSaved.At(e.Message);
        }

        _text = text;
        _held = offered;
        return finding;
    }
}
