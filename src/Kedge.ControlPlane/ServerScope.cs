using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Content;
using Kedge.ControlPlane.Content.Deltas;
using Kedge.ControlPlane.Content.Pace;
using Kedge.ControlPlane.Link;
using Kedge.ControlPlane.Loops;
using Kedge.Core;
using Kedge.Store.Contracts;
using Microsoft.Extensions.Logging;

namespace Kedge.ControlPlane;

/// <summary>The parts of one running server, as requests see them.</summary>
internal sealed class ServerScope
{
    public required ServerOptions Options { get; init; }

    public required IKedgeStore Store { get; init; }

    public required ServerKeys Keys { get; init; }

    public required ChunkFolder Chunks { get; init; }

    /// <summary>Which files the packages hold.</summary>
    public required FileCatalog Files { get; init; }

    public required CodedEnvelopes Envelopes { get; init; }

    public required DeltaFolder DeltaFolder { get; init; }

    /// <summary>Where differences are computed; null where the options give them no room.</summary>
    public required DeltaDesk? Deltas { get; init; }

    public required ContentCollector Collector { get; init; }

    /// <summary>What is counted about content.</summary>
    public required ContentMeters Content { get; init; }

    /// <summary>How fast content may go, site by site.</summary>
    public required ContentPace Pace { get; init; }

    public required DeviceSessions Sessions { get; init; }

    public required DeviceLink Link { get; init; }

    public required Enrolment Enrolment { get; init; }

    public required FleetView Fleet { get; init; }

    public required SiteRosters Rosters { get; init; }

    public required Wakeups Wakeups { get; init; }

    public required TimeProvider Time { get; init; }

    public required ServerMeters Meters { get; init; }

    /// <summary>
    /// Writes a consistent copy of the store to a new file; null where the database is backed up by its own tools.
    /// </summary>
    public required Func<string, CancellationToken, ValueTask>? BackUpStore { get; init; }

    public required ILogger Log { get; init; }

    public required CancellationToken Stopping { get; init; }

    /// <summary>Ports that were bound; 0 before.</summary>
    public int HttpsPort { get; set; }

    /// <summary>Port of the device link.</summary>
    public int LinkPort { get; set; }

    public TenantId Tenant => Options.Tenant;

    /// <summary>Where devices enrol and fetch, <c>host:port</c>.</summary>
    public string Address => $"{Options.AdvertisedName}:{HttpsPort}";

    /// <summary>Where the device link is, <c>host:port</c>.</summary>
    public string LinkAddress => $"{Options.AdvertisedName}:{LinkPort}";

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();
}
