using Kedge.Store.Conformance.Sqlite;

// The tests run in a host; started by itself, this program is the writer that a test kills.
if (args is [StoreWriter.Verb, string path])
{
    await StoreWriter.RunAsync(path);
}
