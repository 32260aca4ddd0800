namespace Kedge.ModelServer.Http;

/// <summary>What a path asks for.</summary>
internal enum RouteKind
{
    /// <summary>Nothing that we have.</summary>
    Unknown = 0,

    /// <summary><c>/v2</c>.</summary>
    Server = 1,

    /// <summary><c>/v2/health/live</c>.</summary>
    Live = 2,

    /// <summary><c>/v2/health/ready</c>.</summary>
    Ready = 3,

    /// <summary><c>/v2/models/NAME[/versions/VERSION]</c>.</summary>
    Model = 4,

    /// <summary>The same and <c>/ready</c>.</summary>
    ModelReady = 5,

    /// <summary>The same and <c>/infer</c>.</summary>
    Infer = 6,

    /// <summary><c>/metrics</c>, on the own socket only.</summary>
    Metrics = 7,

    /// <summary><c>/v2/models</c>.</summary>
    Models = 8,

    /// <summary><c>/v2/models/stats</c>, or that of one model or version.</summary>
    Statistics = 9,

    /// <summary><c>/v2/models/NAME[/versions/VERSION]/config</c>.</summary>
    Config = 10,

    /// <summary><c>/v2/repository/index</c>.</summary>
    RepositoryIndex = 11,

    /// <summary><c>/v2/repository/models/NAME/load</c>.</summary>
    RepositoryLoad = 12,

    /// <summary><c>/v2/repository/models/NAME/unload</c>.</summary>
    RepositoryUnload = 13,

    /// <summary><c>/v2/trace/setting</c>, or that of one model.</summary>
    TraceSetting = 14,

    /// <summary><c>/v2/logging</c>.</summary>
    Logging = 15,

    /// <summary><c>/v2/systemsharedmemory[/region/NAME]/status</c>.</summary>
    MemoryStatus = 16,

    /// <summary><c>/v2/systemsharedmemory/region/NAME/register</c>.</summary>
    MemoryRegister = 17,

    /// <summary><c>/v2/systemsharedmemory[/region/NAME]/unregister</c>.</summary>
    MemoryUnregister = 18,
}

/// <summary>A path taken apart, without making strings.</summary>
internal readonly ref struct Route
{
    private const string ModelsPrefix = "/v2/models/";
    private const string RepositoryPrefix = "/v2/repository/models/";
    private const string RegionPrefix = "/v2/systemsharedmemory/region/";

    private Route(RouteKind kind, ReadOnlySpan<char> model = default, ReadOnlySpan<char> version = default)
    {
        Kind = kind;
        Model = model;
        Version = version;
    }

    internal RouteKind Kind { get; }

    /// <summary>The model, or the region of shared memory; empty when the path names none.</summary>
    internal ReadOnlySpan<char> Model { get; }

    /// <summary>Empty when the path names none: then the only one is meant.</summary>
    internal ReadOnlySpan<char> Version { get; }

    internal static Route Of(string path)
    {
        if (path.StartsWith(ModelsPrefix, StringComparison.Ordinal) && path != "/v2/models/stats")
        {
            return OfModel(path.AsSpan(ModelsPrefix.Length));
        }

        RouteKind kind = path switch
        {
            "/v2" or "/v2/" => RouteKind.Server,
            "/v2/health/live" => RouteKind.Live,
            "/v2/health/ready" => RouteKind.Ready,
            "/metrics" => RouteKind.Metrics,
            "/v2/models" => RouteKind.Models,
            "/v2/models/stats" => RouteKind.Statistics,
            "/v2/repository/index" => RouteKind.RepositoryIndex,
            "/v2/trace/setting" => RouteKind.TraceSetting,
            "/v2/logging" => RouteKind.Logging,
            "/v2/systemsharedmemory/status" => RouteKind.MemoryStatus,
            "/v2/systemsharedmemory/unregister" => RouteKind.MemoryUnregister,
            _ => RouteKind.Unknown,
        };
        return kind == RouteKind.Unknown ? OfNamed(path) : new Route(kind);
    }

    private static Route OfModel(ReadOnlySpan<char> rest)
    {
        ReadOnlySpan<char> model = Cut(ref rest);
        ReadOnlySpan<char> version = default;
        if (rest.StartsWith("versions/", StringComparison.Ordinal))
        {
            Cut(ref rest);
            version = Cut(ref rest);
            if (version.IsEmpty)
            {
                return default;
            }
        }

        RouteKind kind = rest switch
        {
            "" => RouteKind.Model,
            "ready" => RouteKind.ModelReady,
            "infer" => RouteKind.Infer,
            "stats" => RouteKind.Statistics,
            "config" => RouteKind.Config,
            "trace/setting" when version.IsEmpty => RouteKind.TraceSetting,
            _ => RouteKind.Unknown,
        };
        return model.IsEmpty ? default : new Route(kind, model, version);
    }

    /// <summary>What has a name in its middle and is asked for seldom.</summary>
    private static Route OfNamed(ReadOnlySpan<char> path)
    {
        bool isMemory = path.StartsWith(RegionPrefix, StringComparison.Ordinal);
        if (!isMemory && !path.StartsWith(RepositoryPrefix, StringComparison.Ordinal))
        {
            return default;
        }

        ReadOnlySpan<char> rest = path[(isMemory ? RegionPrefix : RepositoryPrefix).Length..];
        ReadOnlySpan<char> name = Cut(ref rest);
        RouteKind kind = rest switch
        {
            "status" when isMemory => RouteKind.MemoryStatus,
            "register" when isMemory => RouteKind.MemoryRegister,
            "unregister" when isMemory => RouteKind.MemoryUnregister,
            "load" when !isMemory => RouteKind.RepositoryLoad,
            "unload" when !isMemory => RouteKind.RepositoryUnload,
            _ => RouteKind.Unknown,
        };
        return name.IsEmpty ? default : new Route(kind, name);
    }

    private static ReadOnlySpan<char> Cut(scoped ref ReadOnlySpan<char> rest)
    {
        int slash = rest.IndexOf('/');
        ReadOnlySpan<char> part = slash < 0 ? rest : rest[..slash];
        rest = slash < 0 ? default : rest[(slash + 1)..];
        return part;
    }
}
