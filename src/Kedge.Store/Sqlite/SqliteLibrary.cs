using System.Reflection;
using System.Runtime.InteropServices;
using Kedge.Core.Errors;

namespace Kedge.Store.Sqlite;

/// <summary>Binds Microsoft.Data.Sqlite to the SQLite of the distribution, once for the process.</summary>
internal static class SqliteLibrary
{
    private const string BoundName = "e_sqlite3";
    private static readonly string[] Candidates = ["libsqlite3.so.0", "libsqlite3.so"];
    private static readonly Lazy<bool> Bound = new(Bind);

    public static void EnsureBound() => _ = Bound.Value;

    private static bool Bind()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly, Resolve);
        try
        {
            SQLitePCL.raw.SetProvider(new SQLitePCL.SQLite3Provider_e_sqlite3());
        }
        catch (DllNotFoundException e)
        {
            throw new KedgeException(StoreErrors.LibraryMissing, "libsqlite3.so.0 cannot be loaded", e);
        }

        return true;
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != BoundName)
        {
            return 0;
        }

        foreach (string candidate in Candidates)
        {
            if (NativeLibrary.TryLoad(candidate, out nint handle))
            {
                return handle;
            }
        }

        return 0;
    }
}
