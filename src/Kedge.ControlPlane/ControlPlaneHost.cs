using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Kedge.Content.Trust;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Content;
using Kedge.ControlPlane.Content.Pace;
using Kedge.ControlPlane.Http;
using Kedge.ControlPlane.Link;
using Kedge.ControlPlane.Loops;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Store.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Kedge.ControlPlane;

/// <summary>
/// A running control plane: two listeners, the loops between them and the store. <c>kedge server</c>, <c>kedge up</c>
/// and the tests start it the same way. Stopping is a path: intake ends, connections are told, loops end.
/// </summary>
public sealed partial class ControlPlaneHost : IAsyncDisposable
{
    private readonly ServerScope _scope;
    private readonly WebApplication _app;
    private readonly LinkListener _link;
    private readonly FileStream _lock;
    private readonly CancellationTokenSource _stop;
    private readonly ILogger _log;
    private ImmutableArray<Task> _loops = [];
    private PlanLoop? _plan;
    private bool _disposed;

    private ControlPlaneHost(Parts parts)
    {
        _scope = parts.Scope;
        _app = parts.App;
        _link = parts.Link;
        _lock = parts.Lock;
        _stop = parts.Stop;
        _log = parts.Scope.Log;
    }

    /// <summary>Port of administration, enrolment and content.</summary>
    public int HttpsPort => _scope.HttpsPort;

    /// <summary>Port of the device link.</summary>
    public int LinkPort => _scope.LinkPort;

    /// <summary>Base address for administrators, <c>https://host:port</c>.</summary>
    public string Address => $"https://{_scope.Address}";

    /// <summary>True when this start made the keys.</summary>
    public bool WasFirstStart { get; private init; }

    /// <summary>Devices connected to this server.</summary>
    public int ConnectedDevices => _scope.Sessions.Count;

    /// <summary>
    /// Every call that the server answers, as <c>GET /api/v1/devices</c>: tests and documents walk it.
    /// </summary>
    public static IReadOnlyList<string> Calls { get; } =
        [.. HttpSide.Routes.Select(r => $"{r.Method} {r.Pattern}")];

    /// <summary>Starts a control plane. Throws <see cref="KedgeException"/> with a code when it cannot.</summary>
    /// <param name="options">How.</param>
    /// <param name="ct">Gives up starting.</param>
    public static Task<ControlPlaneHost> StartAsync(ServerOptions options, CancellationToken ct) =>
        StartAsync(options, new HostParts(), ct);

    /// <summary>Starts a control plane with a clock, log or store of the caller's.</summary>
    public static async Task<ControlPlaneHost> StartAsync(
        ServerOptions options, HostParts given, CancellationToken ct)
    {
        ImmutableArray<Finding> findings = options.Findings();
        if (!findings.IsEmpty)
        {
            throw new KedgeException(ServerErrors.Options, string.Join("; ", findings.Select(f => f.ToString())));
        }

        KeyFile.CreateFolder(options.DataFolder);
        FileStream held = Hold(new ServerPaths(options.DataFolder).Lock);
        Starting starting = new(options, given, held);
        try
        {
            return await starting.RunAsync(ct).ConfigureAwait(false);
        }
        catch (Exception)
        {
            await starting.UndoAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops: no new calls, connections are told, loops end, the store is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        using (CancellationTokenSource deadline = new(ServerLimits.ShutdownDeadline, _scope.Time))
        {
            await _app.StopAsync(deadline.Token).ConfigureAwait(false);
        }

        await _link.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(false);
        PresenceSweep last = new(_scope.Store, _scope.Tenant, _scope.Sessions, _scope.Time);
        await last.RunOnceAsync(CancellationToken.None).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        await StopContentAsync(_scope).ConfigureAwait(false);
        _scope.Fleet.Dispose();
        _scope.Rosters.Dispose();
        _plan?.Dispose();
        await _scope.Store.DisposeAsync().ConfigureAwait(false);
        _scope.Keys.Dispose();
        await _lock.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
        Stopped(_scope.HttpsPort);
    }

    /// <summary>Takes a data folder for this process; throws <c>KEDGE-SERVER-002</c> when another has it.</summary>
    internal static FileStream Hold(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new KedgeException(ServerErrors.InUse, $"{path} is held: {e.Message}", e);
        }
    }

    private void StartLoops()
    {
        ServerScope s = _scope;
        LoopRunner runner = new(s.Time, s.Log);
        PlanLoop plan = _plan = new(s.Store, s.Tenant, s.Keys.DesiredKey, s.Wakeups, s.Time, s.Log);
        SendLoop send = new(s.Store, s.Tenant, s.Sessions, s.Wakeups);
        FloorLoop floor = new(s.Store, s.Tenant, s.Wakeups, s.Log);
        PresenceSweep presence = new(s.Store, s.Tenant, s.Sessions, s.Time);
        RevisionLoop revision = new(s.Store, s.Wakeups, s.Options);
        HousekeepingLoop housekeeping = new(s.Store, s.Tenant, s.Collector, s.Time);
        PolicyWatch policy = new(s.Store, s.Tenant, inner => PolicyCalls.CurrentAsync(s, inner), s.Time);
        SiteLoop sites = new(s.Store, s.Tenant, s.Pace, s.Log);
        TimeSpan period = ServerLimits.LoopPeriod;
        CancellationToken ct = _stop.Token;
        _loops =
        [
            runner.RunAsync("plan", s.Wakeups.Plan, period, plan.RunOnceAsync, ct),
            runner.RunAsync("send", s.Wakeups.Send, period, send.RunOnceAsync, ct),
            runner.RunAsync("floor", s.Wakeups.Floor, period, floor.RunOnceAsync, ct),
            runner.RunAsync("figures", s.Wakeups.Figures, period, SaveFiguresAsync, ct),
            runner.RunAsync("sites", s.Wakeups.Sites, period, sites.RunOnceAsync, ct),
            runner.RunAsync("presence", s.Wakeups.Presence, period, presence.RunOnceAsync, ct),
            runner.RunAsync("revision", new Wakeup(), TimeSpan.Zero, revision.RunOnceAsync, ct),
            runner.RunAsync(
                "housekeeping", new Wakeup(), ServerLimits.HousekeepingPeriod, housekeeping.RunOnceAsync, ct),
            runner.RunAsync("policy", new Wakeup(), ServerLimits.HousekeepingPeriod, policy.RunOnceAsync, ct),
            runner.RunAsync("certificate", new Wakeup(), TimeSpan.FromHours(1), RenewAsync, ct),
        ];
    }

    private static async ValueTask StopContentAsync(ServerScope scope)
    {
        if (scope.Deltas is not null)
        {
            await scope.Deltas.DisposeAsync().ConfigureAwait(false);
        }

        scope.Collector.Dispose();
        scope.Pace.Dispose();
    }

    private async ValueTask SaveFiguresAsync(CancellationToken ct)
    {
        await _scope.Link.Figures.FlushAsync(ct).ConfigureAwait(false);
        await Task.Delay(ServerLimits.FiguresPause, _scope.Time, ct).ConfigureAwait(false);
    }

    private ValueTask RenewAsync(CancellationToken ct)
    {
        if (_scope.Keys.RenewWhenDue(_scope.Time.GetUtcNow()))
        {
            CertificateRenewed();
        }

        return ValueTask.CompletedTask;
    }

    [LoggerMessage(EventIds.Started, LogLevel.Information,
        "Control plane listens on {Address} and for devices on {Link}, first start {FirstStart}")]
    private partial void Started(string address, string link, bool firstStart);

    [LoggerMessage(EventIds.Stopped, LogLevel.Information, "Control plane on port {Port} stopped")]
    private partial void Stopped(int port);

    [LoggerMessage(EventIds.CertificateRenewed, LogLevel.Information, "The server's certificate was renewed")]
    private partial void CertificateRenewed();

    private sealed record Parts(
        ServerScope Scope, WebApplication App, LinkListener Link, FileStream Lock, CancellationTokenSource Stop);

    /// <summary>The steps of a start, so that one that fails can be undone.</summary>
    private sealed class Starting(ServerOptions options, HostParts given, FileStream held)
    {
        private readonly CancellationTokenSource _stop = new();
        private ServerScope? _scope;
        private WebApplication? _app;
        private LinkListener? _link;

        public async Task<ControlPlaneHost> RunAsync(CancellationToken ct)
        {
            TimeProvider time = given.Time;
            ServerPaths paths = new(options.DataFolder);
            bool first = FirstStart.EnsureKeys(options, time.GetUtcNow());
            ServerKeys keys = ServerKeys.Load(paths, NamesOf(options), time);
            OpenedStore opened = await StoreChoice.OpenAsync(options, given, paths, ct).ConfigureAwait(false);
            string replica = ReplicaName(paths);
            _scope = Compose(keys, opened, replica);
            await new SiteLoop(_scope.Store, _scope.Tenant, _scope.Pace, _scope.Log).RunOnceAsync(ct)
                .ConfigureAwait(false);
            await opened.Store.Devices
                .DisconnectReplicaAsync(options.Tenant, replica, _scope.NowMs, ct).ConfigureAwait(false);
            IPEndPoint linkAddress = new(options.ListenAddress, options.LinkPort);
            _link = new LinkListener(
                linkAddress, _scope.Link, keys, options.DevicesMax, new LinkShell(time, _scope.Log));
            _scope.LinkPort = _link.Port;
            _app = BuildApp(_scope);
            await StartAppAsync(_app, ct).ConfigureAwait(false);
            _scope.HttpsPort = new Uri(_app.Urls.First()).Port;
            if (first)
            {
                await FirstStart
                    .CompleteAsync(options, opened.Store, $"https://{_scope.Address}", time.GetUtcNow(), ct)
                    .ConfigureAwait(false);
            }

            await RequireCertifiedAsync(opened.Store, keys, ct).ConfigureAwait(false);
            ControlPlaneHost host = new(new Parts(_scope, _app, _link, held, _stop)) { WasFirstStart = first };
            host.StartLoops();
            _link.Start();
            host.Started(host.Address, _scope.LinkAddress, first);
            return host;
        }

        /// <summary>A key that the owner did not certify would sign what every device refuses.</summary>
        private async Task RequireCertifiedAsync(IKedgeStore store, ServerKeys keys, CancellationToken ct)
        {
            TrustRow? row =
                await store.Trust.LatestAsync(options.Tenant, TrustKind.DesiredKeys, ct).ConfigureAwait(false);
            TrustedKey own = TrustedKey.Of(keys.DesiredKey);
            OwnerChain owners =
                await Owners.ReadAsync(store, options.Tenant, keys.Owner, ct).ConfigureAwait(false);
            DesiredKeys? certified = row is null ? null : Owners.ByAny(
                owners, key => DesiredKeys.TryRead(row.Envelope.AsSpan(), key, out _));
            if (certified is null || certified.Keys.All(k => k.KeyId != own.KeyId))
            {
                throw new KedgeException(ServerErrors.DesiredKey, $"key {own.KeyId.Short} in {options.DataFolder}");
            }
        }

        public async Task UndoAsync()
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            if (_app is not null)
            {
                await _app.DisposeAsync().ConfigureAwait(false);
            }

            if (_link is not null)
            {
                await _link.DisposeAsync().ConfigureAwait(false);
            }

            if (_scope is not null)
            {
                await StopContentAsync(_scope).ConfigureAwait(false);
                await _scope.Store.DisposeAsync().ConfigureAwait(false);
                _scope.Keys.Dispose();
            }

            await held.DisposeAsync().ConfigureAwait(false);
            _stop.Dispose();
        }

        private ServerScope Compose(ServerKeys keys, OpenedStore opened, string replica)
        {
            ILogger log = given.Log.CreateLogger("Kedge.ControlPlane");
            Wakeups wakeups = new();
            DeviceSessions sessions = new();
            ContentParts content = ContentParts.Open(options, opened.Store, replica, given.Time, log);
            LinkOptions link = new(options.Tenant, replica, keys.DeviceCheck);
            EnrolmentOptions enrolment = new(
                options.Tenant,
                options.DeviceCertificateLifetime,
                () => _scope?.LinkAddress ?? "",
                () => $"https://{_scope?.Address}");
            return new ServerScope
            {
                Options = options,
                Store = opened.Store,
                BackUpStore = opened.BackUp,
                Keys = keys,
                Chunks = content.Chunks,
                Files = content.Files,
                Envelopes = new CodedEnvelopes(),
                DeltaFolder = content.DeltaFolder,
                Deltas = content.Deltas,
                Collector = content.Collector,
                Content = content.Meters,
                Pace = new ContentPace(given.Time),
                Sessions = sessions,
                Link = new DeviceLink(opened.Store, link, sessions, wakeups, given.Time, log),
                Enrolment = new Enrolment(opened.Store, keys, enrolment, new EnrolmentShell(given.Time, log)),
                Fleet = new FleetView(opened.Store, options.Tenant, given.Time),
                Rosters = new SiteRosters(opened.Store, options.Tenant, given.Time),
                Meters = new ServerMeters(),
                Wakeups = wakeups,
                Time = given.Time,
                Log = log,
                Stopping = _stop.Token,
            };
        }

        private WebApplication BuildApp(ServerScope scope)
        {
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.Services.AddSingleton(given.Log);
            builder.Services.AddRoutingCore();
            builder.Services.AddSingleton<IHostLifetime, CallersLifetime>();
            builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = ServerLimits.ShutdownDeadline);
            builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = ModelLimits.EnvelopeBytesMax;
                kestrel.Limits.MaxConcurrentConnections = scope.Options.DevicesMax;
                kestrel.Listen(scope.Options.ListenAddress, scope.Options.HttpsPort, listen =>
                {
                    listen.Protocols = HttpProtocols.Http1AndHttp2;
                    listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(Tls(scope.Keys)) });
                });
            });
            WebApplication app = builder.Build();
            app.UseRouting();
            new HttpSide(scope).Map(app);
            return app;
        }

        /// <summary>Client certificates are asked for and not required: administrators come with a token.</summary>
        private static SslServerAuthenticationOptions Tls(ServerKeys keys) => new()
        {
            ServerCertificateContext = keys.Tls,
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls13 | SslProtocols.Tls12,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = TlsPolicy.Bare(keys),
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        };

        private static async Task StartAppAsync(WebApplication app, CancellationToken ct)
        {
            try
            {
                await app.StartAsync(ct).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                throw new KedgeException(ServerErrors.AddressTaken, e.Message, e);
            }
        }

        private static IReadOnlyCollection<string> NamesOf(ServerOptions options) =>
            [.. options.Names.Union(["localhost", "127.0.0.1"])];

        /// <summary>The same over restarts, so that what an earlier process left open is closed.</summary>
        private static string ReplicaName(ServerPaths paths)
        {
            string file = Path.Combine(paths.Folder, "replica");
            if (!File.Exists(file))
            {
                KeyFile.WritePublic(file, Secrets.NewName("replica"));
            }

            return File.ReadAllText(file).Trim();
        }
    }

    /// <summary>
    /// The caller of <see cref="StartAsync(ServerOptions, CancellationToken)"/> decides when to stop, no signal does.
    /// </summary>
    private sealed class CallersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
