using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Auth;

namespace Kedge.ControlPlane.Tests.Server;

/// <summary>
/// A control plane of its own on loopback, with fresh folders and ports, and its administrator's client.
/// </summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-server-").FullName;
    private readonly bool _owned;

    private TestServer(string? folder, Func<ServerOptions, ServerOptions>? change, TimeProvider? time)
    {
        _owned = folder is null;
        if (folder is not null)
        {
            Directory.Delete(_folder);
            _folder = folder;
        }

        Time = time ?? TimeProvider.System;
        ServerOptions options = new()
        {
            DataFolder = Path.Combine(_folder, "data"),
            OwnerFolder = Path.Combine(_folder, "owner"),
            ContextFile = Path.Combine(_folder, "contexts.json"),
            ListenAddress = IPAddress.Loopback,
            HttpsPort = 0,
            LinkPort = 0,
            WatchPeriod = TimeSpan.FromMilliseconds(200),
        };
        Options = change is null ? options : change(options);
    }

    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public string Folder => _folder;

    public TimeProvider Time { get; }

    public ServerOptions Options { get; private set; }

    public ControlPlaneHost Host { get; private set; } = null!;

    public KedgeContext Context { get; private set; } = null!;

    public KedgeClient Client { get; private set; } = null!;

    public CancellationToken Ct { get; } = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    public static async Task<TestServer> StartAsync(
        Func<ServerOptions, ServerOptions>? change = null, string? folder = null, TimeProvider? time = null)
    {
        TestServer server = new(folder, change, time);
        await server.StartHostAsync();
        return server;
    }

    public async Task StartHostAsync()
    {
        Host = await ControlPlaneHost.StartAsync(Options, new HostParts { Time = Time }, Ct);
        KedgeContext written = ContextDocument.Load(Options.ContextFile).Find()
            ?? throw new InvalidOperationException("no context was written");
        // The port is chosen anew by each start in tests; a real server keeps its own.
        Context = written with { Server = Host.Address };
        Client = new KedgeClient(Context);
    }

    public async Task RestartAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        await StartHostAsync();
    }

    /// <summary>
    /// Stops the server and keeps its ports for the next start: agents come back to where they enrolled.
    /// </summary>
    public async Task StopAsync()
    {
        Options = Options with { HttpsPort = Host.HttpsPort, LinkPort = Host.LinkPort };
        Client.Dispose();
        await Host.DisposeAsync();
    }

    /// <summary>The root's key, which the server does not have.</summary>
    public ECDsa RootKey() => KeyFile.ReadKey(new OwnerPaths(Options.OwnerFolder).RootKey);

    /// <summary>The owner's key, which the server does not have.</summary>
    public ECDsa OwnerKey() => KeyFile.ReadKey(new OwnerPaths(Options.OwnerFolder).OwnerKey);

    public ECDsa ModelKey() => KeyFile.ReadKey(new OwnerPaths(Options.OwnerFolder).ModelSigningKey);

    /// <summary>Bare HTTPS with the server's root trusted, without a credential.</summary>
    public HttpClient Bare(X509Certificate2? certificate = null)
    {
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(Context.RootPem));
        SocketsHttpHandler handler = new() { UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = policy;
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        return new HttpClient(handler) { BaseAddress = new Uri(Host.Address) };
    }

    public async Task<string> TokenAsync(EnrollmentTokenRequest? request = null)
    {
        EnrollmentTokenResource token =
            await Client.CreateEnrollmentTokenAsync(request ?? new EnrollmentTokenRequest(), Ct);
        return token.Token ?? throw new InvalidOperationException("the answer shows no token");
    }

    public async Task<TestDevice> EnrolAsync(string name, params (string Key, string Value)[] labels)
    {
        string token = await TokenAsync(new EnrollmentTokenRequest
        {
            Labels = labels.ToDictionary(l => l.Key, l => l.Value),
        });
        TestDevice device = new(this, name);
        await device.EnrolAsync(token);
        return device;
    }

    /// <summary>The main path up to a plan: a package, a device that fits, and the manifest that wants both.</summary>
    public async Task<TestDevice> DeployAsync()
    {
        await TestPackage.PushAsync(this, "bearing", "v1", 1);
        TestDevice device = await EnrolAsync("press-1", ("line", "press"));
        await device.ConnectAsync();
        await device.ReportFactsAsync();
        await Client.ApplyAsync(MainPathTests.Manifest, false, false, Ct);
        return device;
    }

    /// <summary>Waits for a condition; the deadline prints what was there instead.</summary>
    public async Task<T> UntilAsync<T>(Func<Task<T>> read, Func<T, bool> holds, Func<T, string>? show = null)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            T value = await read();
            if (holds(value))
            {
                return value;
            }

            if (TimeProvider.System.GetElapsedTime(start) > Deadline)
            {
                Assert.Fail($"not within {Deadline}: {(show is null ? value?.ToString() : show(value))}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        if (_owned)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
