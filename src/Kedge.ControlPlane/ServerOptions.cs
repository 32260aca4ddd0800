using System.Collections.Immutable;
using System.Net;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.ControlPlane;

/// <summary>How a control plane is set up. Defaults are complete but for the folders.</summary>
public sealed record ServerOptions
{
    /// <summary>
    /// The server's own folder: keys, certificates, chunks and, by default, the database. Made with mode 0700.
    /// </summary>
    public required string DataFolder { get; init; }

    /// <summary>
    /// Folder for the keys that the server must not have, written at first start; move it off the machine.
    /// </summary>
    public required string OwnerFolder { get; init; }

    /// <summary>File of contexts that gets the administrator's context at first start.</summary>
    public required string ContextFile { get; init; }

    /// <summary>Name of that context.</summary>
    public string ContextName { get; init; } = "default";

    /// <summary>PostgreSQL connection string; empty for SQLite in the data folder.</summary>
    public string Postgres { get; init; } = "";

    /// <summary>Address to listen on.</summary>
    public IPAddress ListenAddress { get; init; } = IPAddress.Any;

    /// <summary>Port of administration, enrolment and content (HTTPS); 0 lets the system choose.</summary>
    public int HttpsPort { get; init; } = 8443;

    /// <summary>Port of the device link (MQTT over TLS); 0 lets the system choose.</summary>
    public int LinkPort { get; init; } = 8883;

    /// <summary>
    /// Host names and addresses by which the server is reached, the first one by devices; <c>localhost</c> when empty.
    /// </summary>
    public ImmutableArray<string> Names { get; init; } = [];

    /// <summary>The tenant that this server works for.</summary>
    public TenantId Tenant { get; init; } = TenantId.Default;

    /// <summary>Life of a device's certificate, 10 minutes to 1 year.</summary>
    public TimeSpan DeviceCertificateLifetime { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Largest package that is taken, in bytes of all its files.</summary>
    public long PackageBytesMax { get; init; } = Limits.UploadBytesMax;

    /// <summary>
    /// Room for differences between files, in bytes of disk; beyond it those go that were used longest ago. 0 for none:
    /// devices then fetch chunks only.
    /// </summary>
    public long DeltaBytesMax { get; init; } = 4L * 1024 * Limits.MiB;

    /// <summary>Connections of devices at one time.</summary>
    public int DevicesMax { get; init; } = 15_000;

    /// <summary>Longest time in which the store's changes by another replica are noticed.</summary>
    public TimeSpan WatchPeriod { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The name that devices are told.</summary>
    public string AdvertisedName => Names.IsEmpty ? "localhost" : Names[0];

    /// <summary>Everything that is wrong; empty when the server may start.</summary>
    public ImmutableArray<Finding> Findings()
    {
        ImmutableArray<Finding>.Builder findings = ImmutableArray.CreateBuilder<Finding>();
        Require(DataFolder.Length > 0, "dataFolder", "a data folder must be given");
        Require(OwnerFolder.Length > 0, "ownerFolder", "an owner's folder must be given");
        Require(ContextFile.Length > 0, "contextFile", "a file for the administrator's context must be given");
        Require(
            Path.GetFullPath(OwnerFolder + "/") != Path.GetFullPath(DataFolder + "/"),
            "ownerFolder",
            "the owner's folder must not be the data folder: who steals the server must not get the owner's keys");
        Require(HttpsPort is >= 0 and <= 65535, "httpsPort", $"{HttpsPort} is no port");
        Require(LinkPort is >= 0 and <= 65535, "linkPort", $"{LinkPort} is no port");
        Require(
            HttpsPort == 0 || HttpsPort != LinkPort, "linkPort", $"{LinkPort} is the port of administration already");
        Require(Names.All(IsHost), "names", "a name is neither a host name nor an address");
        Require(
            DeviceCertificateLifetime >= TimeSpan.FromMinutes(10)
                && DeviceCertificateLifetime <= TimeSpan.FromDays(366),
            "deviceCertificateLifetime",
            $"{DeviceCertificateLifetime} is outside 10 minutes to 1 year");
        Require(PackageBytesMax > 0, "packageBytesMax", $"{PackageBytesMax} bytes let no package in");
        Require(DeltaBytesMax >= 0, "deltaBytesMax", $"{DeltaBytesMax} bytes are less than none");
        Require(DevicesMax is > 0 and <= 1_000_000, "devicesMax", $"{DevicesMax} is outside 1 to 1,000,000");
        Require(WatchPeriod >= TimeSpan.FromMilliseconds(10), "watchPeriod", "below 10 ms the store would be hammered");
        return findings.ToImmutable();

        void Require(bool holds, string field, string message)
        {
            if (!holds)
            {
                findings.Add(ServerErrors.Options.At(message, field));
            }
        }
    }

    private static bool IsHost(string name) =>
        IPAddress.TryParse(name, out _) || Uri.CheckHostName(name) == UriHostNameType.Dns;
}
