using System.Net;
using Kedge.Cli.Commands;
using Kedge.Cli.Running;
using Kedge.ControlPlane;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Serving;

/// <summary>Makes the server's options of the command line.</summary>
internal static class ServerSetup
{
    /// <summary>The options; ends the command where an argument cannot be read.</summary>
    public static ServerOptions Read(Session session, ServerArguments arguments, string dataDefault)
    {
        IPEndPoint https = Address(session.Get(arguments.Listen) ?? "", "--listen");
        IPEndPoint link = Address(session.Get(arguments.LinkListen) ?? "", "--link-listen");
        if (!https.Address.Equals(link.Address))
        {
            throw new CliException(
                CliErrors.Usage, "--listen and --link-listen must have the same address", ExitCodes.Usage);
        }

        string data = session.Get(arguments.Data) ?? "";
        string owner = session.Get(arguments.Owner) ?? "";
        string store = session.Get(arguments.Store) ?? "sqlite";
        string[] names = session.Get(arguments.Advertise) ?? [];
        return new ServerOptions
        {
            DataFolder = Path.GetFullPath(data.Length > 0 ? data : dataDefault),
            OwnerFolder = Path.GetFullPath(owner.Length > 0 ? owner : DefaultOwner(session)),
            ContextFile = session.Contexts.Path,
            ContextName = session.Get(arguments.ContextName) ?? "default",
            Postgres = store == "sqlite" ? "" : store,
            ListenAddress = https.Address,
            HttpsPort = https.Port,
            LinkPort = link.Port,
            Names = names.Length > 0 ? [.. names] : NamesOf(https.Address),
            DeviceCertificateLifetime =
                KeyValues.Time(session.Get(arguments.CertificateLifetime) ?? "", "--certificate-lifetime"),
            PackageBytesMax = Bytes(session.Get(arguments.PackageMax) ?? "", "--package-max"),
            DeltaBytesMax = Bytes(session.Get(arguments.DeltaMax) ?? "", "--delta-max"),
        };
    }

    /// <summary>Where a user's own data of a kind lies: <c>XDG_DATA_HOME/kedge/KIND</c>.</summary>
    public static string DataFolder(Session session, string kind)
    {
        string? root = session.World.Environment("XDG_DATA_HOME");
        root = string.IsNullOrEmpty(root) ? Path.Combine(session.World.Home, ".local", "share") : root;
        return Path.Combine(root, "kedge", kind);
    }

    /// <summary>Beside the contexts, which belong to the administrator as the keys do.</summary>
    private static string DefaultOwner(Session session) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(session.Contexts.Path)) ?? "/", "owner");

    /// <summary>A server that listens on one address only is reached by it.</summary>
    private static System.Collections.Immutable.ImmutableArray<string> NamesOf(IPAddress address) =>
        address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || IPAddress.IsLoopback(address)
            ? []
            : [address.ToString()];

    private static IPEndPoint Address(string text, string option) =>
        IPEndPoint.TryParse(text, out IPEndPoint? endPoint)
        && text.Contains(':', StringComparison.Ordinal)
        && !text.EndsWith(']')
            ? endPoint
            : throw new CliException(
                CliErrors.Usage, $"{option} {text} is not of the form 0.0.0.0:8443", ExitCodes.Usage);

    private static long Bytes(string text, string option) => Quantity.TryParseBytes(text, out long bytes)
        ? bytes
        : throw new CliException(CliErrors.Usage, $"{option} {text} is no amount; write 4Gi", ExitCodes.Usage);
}
