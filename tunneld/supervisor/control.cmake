tunnel_library(tunnel_control
  SOURCES control_client.cpp control_server.cpp
  HEADERS control_client.hpp control_server.hpp
  LINKS tunnel_requests Boost::headers Threads::Threads)
