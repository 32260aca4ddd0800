using System.Collections.Concurrent;
using Kedge.Oci;
using Kedge.Oci.ModelPack;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Kedge.ControlPlane.Tests.Registry;

/// <summary>A registry that answers as a test wants: no honest one can be made to lie.</summary>
internal sealed class HostileRegistry : IAsyncDisposable
{
    private readonly WebApplication _host;

    private HostileRegistry(WebApplication host) => _host = host;

    public string Authority => new Uri(_host.Urls.Single()).Authority;

    /// <summary>Headers Authorization that came, in order; empty for calls without.</summary>
    public ConcurrentQueue<string> Authorizations { get; } = new();

    public static async Task<HostileRegistry> StartAsync(Func<HttpContext, Task> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication host = builder.Build();
        HostileRegistry registry = new(host);
        host.Run(async context =>
        {
            registry.Authorizations.Enqueue(context.Request.Headers.Authorization.ToString());
            await answer(context);
        });
        await host.StartAsync();
        return registry;
    }

    /// <summary>Answers the manifest with a document, and all else as a test wants.</summary>
    public static Task<HostileRegistry> WithAsync(OciDocument manifest, Func<HttpContext, Task> otherwise) =>
        StartAsync(context => IsManifest(context) ? SendAsync(context, manifest) : otherwise(context));

    public static bool IsManifest(HttpContext context) =>
        context.Request.Path.Value!.Contains("/manifests/", StringComparison.Ordinal);

    public static async Task SendAsync(HttpContext context, OciDocument document)
    {
        context.Response.ContentType = document.MediaType;
        context.Response.ContentLength = document.Bytes.Length;
        await context.Response.Body.WriteAsync(document.Bytes);
    }

    /// <summary>Sends zeros until nobody reads them any more.</summary>
    public static async Task EndlessAsync(HttpContext context)
    {
        byte[] zeros = new byte[64 * 1024];
        try
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(zeros, context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The reader had enough.
        }
    }

    public static Task StatusAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <summary>A manifest of a model with one layer.</summary>
    public static OciDocument Model(OciDescriptor layer, string path = "model.onnx", params OciDescriptor[] more) =>
        OciJson.Write(new OciManifest
        {
            ArtifactType = ModelPackTypes.Artifact,
            Config = OciDescriptor.Of(ModelPackTypes.Config, "{}"u8),
            Layers = [layer with { Annotations = layer.Annotations.SetItem(ModelPackTypes.FilePath, path) }, .. more],
        });

    public async ValueTask DisposeAsync() => await _host.DisposeAsync();
}
